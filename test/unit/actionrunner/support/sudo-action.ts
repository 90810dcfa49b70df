/** Runs a command with sudo that is too slow, and says how it ended: run by a test as an ordinary user. */
import { localShellCmdRunner } from '../../../../actionrunner/runners/local-shell-cmd/runner.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { runContext } from './run-context.ts';

const [reason, seconds] = process.argv.slice(2);
const controller = new AbortController();
let survived = false;
const context = runContext({
  runnerParameters: {
    sudo: true,
    cmd: `echo up; sleep ${seconds}; true`,
    ...(reason === 'timeout' ? { timeout: 1 } : {}),
  },
  signal: controller.signal,
  logger: {
    warn: () => {
      survived = true;
    },
  } as never,
});
const ending = localShellCmdRunner.run(context);
if (reason === 'cancel') {
  await waitFor(() => context.streamed.length > 0, { what: 'first output', intervalMs: 5 });
  controller.abort('canceled');
}
process.stdout.write(JSON.stringify({ outcome: await ending, survived }));
