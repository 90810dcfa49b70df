import type { ParameterSchemas } from '../../../stores/records.ts';

/** Parameters that the runners of local commands and scripts have in common. */
export const localShellParameters = {
  cwd: { description: 'Folder in which it runs.', type: 'string' },
  env: { description: 'Environment variables that it sees, an object of texts.', type: 'object' },
  kwarg_op: {
    default: '--',
    description: 'What is put before the names of named arguments: "--" or "-".',
    type: 'string',
  },
  sudo: { default: false, description: 'Run it as root by sudo.', type: 'boolean' },
  sudo_password: {
    default: null,
    description: 'Password for sudo, where sudo asks for one.',
    type: 'string',
    required: false,
    secret: true,
  },
  timeout: { default: 60, description: 'Seconds after which it is killed.', type: 'integer' },
} as const satisfies ParameterSchemas;

/** Parameters of runners that take a file out of a pack. */
export const contentParameters = {
  debug: { description: 'Keep temporary files of the run.', type: 'boolean', required: false, default: false },
  content_version: {
    description: 'Git commit, tag or branch of the pack whose files are used; for packs that are git repositories.',
    type: 'string',
    required: false,
  },
} as const satisfies ParameterSchemas;
