import type { RunnerMetadata } from '../contract.ts';
import { remoteShellParameters } from '../remote/parameters.ts';

export const remoteShellScriptMetadata: RunnerMetadata = {
  name: 'remote-shell-script',
  description: 'Copies a script of a pack to hosts and runs it there, over SSH.',
  enabled: true,
  runner_package: 'remote_runner',
  runner_module: 'remote_script_runner',
  runner_parameters: {
    dir: { default: '/tmp', description: 'Folder on the host to which the script is copied.', type: 'string' },
    ...remoteShellParameters,
  },
};
