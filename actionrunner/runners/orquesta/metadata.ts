import type { RunnerMetadata } from '../contract.ts';

/** Packs with Orquesta workflows register, so that the rest of them can be used; running one is refused (see index.ts). */
export const orquestaMetadata: RunnerMetadata = {
  name: 'orquesta',
  description: "StackStorm's own workflow language; its actions register but cannot be run.",
  enabled: true,
  runner_package: 'orquesta_runner',
  runner_module: 'orquesta_runner',
  runner_parameters: {
    context: { default: {}, description: 'Further inputs of the workflow.', type: 'object' },
    skip_notify: { default: [], description: 'Tasks that send no notifications.', type: 'array' },
  },
};
