import type { RunnerMetadata } from '../contract.ts';
import { contentParameters } from '../shell/parameters.ts';

export const pythonScriptMetadata: RunnerMetadata = {
  name: 'python-script',
  description: 'Runs the Python class of an action.',
  enabled: true,
  runner_package: 'python_runner',
  runner_module: 'python_runner',
  output_key: 'result',
  output_schema: {
    type: 'object',
    properties: {
      result: {
        anyOf: ['object', 'string', 'integer', 'number', 'boolean', 'array', 'null'].map((type) => ({ type })),
      },
      stderr: { type: 'string', required: true },
      stdout: { type: 'string', required: true },
      exit_code: { type: 'integer', required: true },
    },
    additionalProperties: false,
  },
  runner_parameters: {
    ...contentParameters,
    env: { description: 'Environment variables that the action sees.', type: 'object' },
    timeout: { default: 600, description: 'Seconds after which it is killed.', type: 'integer' },
    log_level: {
      description: 'Least level of what self.logger writes.',
      type: 'string',
      default: 'DEBUG',
      enum: ['AUDIT', 'CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'],
    },
  },
};
