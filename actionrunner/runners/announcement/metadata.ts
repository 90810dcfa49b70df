import type { RunnerMetadata } from '../contract.ts';

export const announcementMetadata: RunnerMetadata = {
  name: 'announcement',
  description: 'Puts an event on the stream.',
  enabled: true,
  runner_package: 'announcement_runner',
  runner_module: 'announcement_runner',
  runner_parameters: {
    experimental: {
      default: false,
      description: 'Has to be true: the user knows that the runner is experimental.',
      required: true,
      type: 'boolean',
    },
    route: {
      default: 'general',
      description: 'Where the event goes: words with dots between them.',
      maxLength: 255,
      minLength: 1,
      type: 'string',
    },
  },
};
