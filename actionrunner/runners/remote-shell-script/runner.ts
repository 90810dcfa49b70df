import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { quoteWord } from '../../process/quote.ts';
import { NO_SINK } from '../../process/run-process.ts';
import type { Runner } from '../contract.ts';
import { runOnHosts } from '../remote/run-on-hosts.ts';
import { splitArguments, toArgumentWords } from '../shell/script-arguments.ts';

const CLEAN_UP_TIMEOUT = 30;

/** Copies the script (and `lib` beside it) into a folder of the run's own, runs it, removes the folder. */
export const remoteShellScriptRunner: Runner = {
  name: 'remote-shell-script',
  run: async (context) => {
    const { entryPoint, runnerParameters: parameters, action, actionParameters } = context;
    if (entryPoint === undefined) {
      throw new Error(
        `Action "${action.name}" is missing "entry_point" attribute. Perhaps wanted to use "remote-shell-cmd" runner?`,
      );
    }
    const base = typeof parameters.dir === 'string' && parameters.dir !== '' ? parameters.dir : '/tmp';
    const folder = `${base.replace(/\/+$/, '')}/${context.execution.liveaction_id}`;
    const script = `${folder}/${basename(entryPoint)}`;
    const libraries = join(dirname(entryPoint), 'lib');
    const operator = typeof parameters.kwarg_op === 'string' ? parameters.kwarg_op : '--';
    const words = toArgumentWords(splitArguments(actionParameters, action.parameters), action.parameters, operator);
    return runOnHosts(context, async (connection, run) => {
      await connection.makeFolder(folder);
      try {
        await connection.copy(entryPoint, script);
        if (existsSync(libraries)) await connection.copy(libraries, `${folder}/lib`);
        return await run([quoteWord(script), ...words].join(' '));
      } finally {
        const removal = {
          command: `rm -rf -- ${quoteWord(folder)}`,
          input: undefined,
          timeout: CLEAN_UP_TIMEOUT,
          signal: new AbortController().signal,
          output: NO_SINK,
          maxOutput: 1_000,
        };
        await connection.run(removal).catch((error: unknown) => {
          context.logger.warn({ err: error, folder }, 'folder of a script could not be removed from a host');
        });
      }
    });
  },
};
