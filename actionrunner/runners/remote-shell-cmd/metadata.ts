import type { RunnerMetadata } from '../contract.ts';
import { remoteShellParameters } from '../remote/parameters.ts';

export const remoteShellCmdMetadata: RunnerMetadata = {
  name: 'remote-shell-cmd',
  description: 'Runs a shell command on hosts over SSH.',
  enabled: true,
  runner_package: 'remote_runner',
  runner_module: 'remote_command_runner',
  runner_parameters: {
    cmd: { description: 'Command line, given to the shell of the host as it is.', type: 'string' },
    dir: { default: '/tmp', description: 'Folder on the host for copied files.', immutable: true, type: 'string' },
    ...remoteShellParameters,
  },
};
