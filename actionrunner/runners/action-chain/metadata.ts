import type { RunnerMetadata } from '../contract.ts';

export const actionChainMetadata: RunnerMetadata = {
  name: 'action-chain',
  description: 'Runs actions one after the other.',
  enabled: true,
  runner_package: 'action_chain_runner',
  runner_module: 'action_chain_runner',
  output_key: 'published',
  output_schema: {
    type: 'object',
    properties: { published: { type: 'object' }, tasks: { type: 'array' } },
    additionalProperties: false,
  },
  runner_parameters: {
    display_published: { default: true, description: 'Show published variables in the result.', type: 'boolean' },
    skip_notify: { default: [], description: 'Tasks that send no notifications.', type: 'array' },
  },
};
