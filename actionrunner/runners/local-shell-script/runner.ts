import { chmod, stat } from 'node:fs/promises';
import { quoteWord } from '../../process/quote.ts';
import type { Runner } from '../contract.ts';
import { withContent } from '../shell/content-version.ts';
import { runLocalShell } from '../shell/run-local-shell.ts';
import { splitArguments, toArgumentWords } from '../shell/script-arguments.ts';

const EXECUTE_BITS = 0o111;

/** Packs copied without modes still work: a script is made executable, as StackStorm does. */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & EXECUTE_BITS) !== EXECUTE_BITS) await chmod(path, mode | EXECUTE_BITS);
}

export const localShellScriptRunner: Runner = {
  name: 'local-shell-script',
  run: (context) =>
    withContent(context, async (entryPoint) => {
      if (entryPoint === undefined) throw new Error('Missing entry_point action metadata attribute');
      await makeExecutable(entryPoint);
      const operator = context.runnerParameters.kwarg_op;
      const words = toArgumentWords(
        splitArguments(context.actionParameters, context.action.parameters),
        context.action.parameters,
        typeof operator === 'string' ? operator : '--',
      );
      return runLocalShell(context, [quoteWord(entryPoint), ...words].join(' '));
    }),
};
