import type { RunnerMetadata } from '../contract.ts';

export const noopMetadata: RunnerMetadata = {
  name: 'noop',
  description: 'Does nothing and succeeds, whatever the parameters are.',
  enabled: true,
  runner_package: 'noop_runner',
  runner_module: 'noop_runner',
  runner_parameters: {},
};
