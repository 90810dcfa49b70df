import type { RunnerMetadata } from '../contract.ts';

export const chatopsResultMetadata: RunnerMetadata = {
  name: 'chatops-result',
  description: 'Says in words for a chat how an execution ended. For the actions of the pack "chatops".',
  enabled: true,
  runner_package: 'chatops_result_runner',
  runner_module: 'chatops_result_runner',
  runner_parameters: {
    post: { description: 'Put the words on the stream, not only into the result.', type: 'boolean', default: false },
    route: { description: 'Route of the announcement.', type: 'string', default: 'chatops' },
  },
};
