import type { Runner } from '../contract.ts';
import { runLocalShell } from '../shell/run-local-shell.ts';

export const localShellCmdRunner: Runner = {
  name: 'local-shell-cmd',
  run: async (context) => {
    if (context.entryPoint !== undefined) throw new Error('entry_point is only valid for local-shell-script runner');
    const { cmd } = context.runnerParameters;
    if (typeof cmd !== 'string') throw new Error('The runner parameter "cmd" is missing.');
    return runLocalShell(context, cmd);
  },
};
