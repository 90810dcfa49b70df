import type { RunnerMetadata } from '../contract.ts';

export const inquirerMetadata: RunnerMetadata = {
  name: 'inquirer',
  description: 'Asks people a question and waits for their answer.',
  enabled: true,
  runner_package: 'inquirer_runner',
  runner_module: 'inquirer_runner',
  runner_parameters: {
    schema: {
      default: {
        title: 'response_data',
        type: 'object',
        properties: {
          continue: { type: 'boolean', description: 'Would you like to continue the workflow?', required: true },
        },
      },
      required: true,
      description: 'JSON Schema of the answer.',
      type: 'object',
    },
    route: { default: '', required: false, description: 'A word by which rules send the question on.', type: 'string' },
    roles: { default: [], required: false, description: 'Roles that may answer; none: all.', type: 'array' },
    users: { default: [], required: false, description: 'Users who may answer; none: all.', type: 'array' },
    ttl: { default: 1440, required: true, description: 'Minutes until the question times out.', type: 'integer' },
  },
};
