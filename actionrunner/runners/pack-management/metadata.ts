import type { RunnerMetadata } from '../contract.ts';

export const OPERATION_NAMES = [
  'delete',
  'download',
  'get',
  'get_config',
  'get_pack_dependencies',
  'install',
  'load',
  'search',
  'setup_virtualenv',
  'show',
  'uninstall',
  'unload',
  'update_virtualenv',
] as const;

export const packManagementMetadata: RunnerMetadata = {
  name: 'pack-management',
  description: 'Installs, loads and removes packs. For the actions of the pack "packs".',
  enabled: true,
  runner_package: 'pack_management_runner',
  runner_module: 'pack_management_runner',
  runner_parameters: {
    operation: { description: 'What to do.', type: 'string', enum: OPERATION_NAMES, required: true },
    timeout: {
      description: 'Seconds after which a program that it started is killed.',
      type: 'integer',
      default: 1800,
    },
  },
};
