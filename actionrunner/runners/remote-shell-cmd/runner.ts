import type { Runner } from '../contract.ts';
import { runOnHosts } from '../remote/run-on-hosts.ts';

export const remoteShellCmdRunner: Runner = {
  name: 'remote-shell-cmd',
  run: async (context) => {
    if (context.entryPoint !== undefined) {
      throw new Error(
        `Action "${context.action.name}" specified "entry_point" attribute. Perhaps wanted to use "remote-shell-script" runner?`,
      );
    }
    const { cmd } = context.runnerParameters;
    if (typeof cmd !== 'string') throw new Error('The runner parameter "cmd" is missing.');
    return runOnHosts(context, (_connection, run) => run(cmd));
  },
};
