import type { RunnerMetadata } from '../contract.ts';
import { localShellParameters } from '../shell/parameters.ts';

export const localShellCmdMetadata: RunnerMetadata = {
  name: 'local-shell-cmd',
  description: 'Runs a shell command on the machine of the action runner.',
  enabled: true,
  runner_package: 'local_runner',
  runner_module: 'local_shell_command_runner',
  runner_parameters: {
    cmd: { description: 'Command line, given to the shell as it is.', type: 'string' },
    ...localShellParameters,
  },
};
