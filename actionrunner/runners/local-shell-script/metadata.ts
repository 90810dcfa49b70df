import type { RunnerMetadata } from '../contract.ts';
import { contentParameters, localShellParameters } from '../shell/parameters.ts';

export const localShellScriptMetadata: RunnerMetadata = {
  name: 'local-shell-script',
  description: 'Runs a script of a pack on the machine of the action runner.',
  enabled: true,
  runner_package: 'local_runner',
  runner_module: 'local_shell_script_runner',
  runner_parameters: { ...contentParameters, ...localShellParameters },
};
