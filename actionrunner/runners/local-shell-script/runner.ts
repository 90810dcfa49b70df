import { chmod, stat } from 'node:fs/promises';
import { quoteWord } from '../../process/quote.ts';
import type { Runner } from '../contract.ts';
import { withContent } from '../shell/content-version.ts';
import { runLocalShell } from '../shell/run-local-shell.ts';
import { splitArguments, toArgumentWords } from '../shell/script-arguments.ts';

const EXECUTE_BITS = 0o111;

/**
 * Packs copied without modes still work: a script is made executable, as StackStorm does.
 *
 * @throws what the file system says of a script that nobody can run
 */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & EXECUTE_BITS) === EXECUTE_BITS) return;
  try {
    await chmod(path, mode | EXECUTE_BITS);
  } catch (error) {
    // Somebody else's file may be executable enough for whoever is to run it, who with sudo is not this process.
    if ((mode & EXECUTE_BITS) === 0) throw error;
  }
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
