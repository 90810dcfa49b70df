/**
 * `npm start` and `npm stop`, once packages are installed and the project is built (start.mjs sees to that).
 * With `--detach` a second process of this program serves, and the first shows its output until it does.
 */
import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errorCode, errorMessage } from '../core/errors.ts';
import { isAlive } from '../platform/noted-process.ts';
import { createProgress, type ProgressOutput } from './provision/progress.ts';
import { parseStartOptions, type StartOptions } from './start/options.ts';
import { serve } from './start/serve.ts';
import { askSupervisor, findSupervisor } from './supervisor/control.ts';

/** Set for the serving process behind `--detach`. */
const detachedVariable = 'TRAMONTANE_DETACHED';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Our own errors are one sentence for a person; anything else is a defect and shows where it is.
  const text =
    errorCode(error) !== undefined ? errorMessage(error) : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
// Clients of other packages may hold sockets; by now everything of ours is closed.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  const options = parseStartOptions(args, process.cwd());
  if (options.stop) return await stop(options.dataFolder);
  if (process.env[detachedVariable]) return await serveDetached(options);
  if (options.detach) return await detach(args, options.dataFolder);
  return await serveHere(options);
}

async function serveHere(options: StartOptions): Promise<number> {
  const { promise, resolve } = createRequest();
  watchSignals(resolve);
  watchParent(resolve);
  await serve({
    options,
    env: process.env,
    progress: createProgress(process.stdout),
    onServing: () => undefined,
    howToEnd: 'Ctrl-C ends it.',
    stopRequested: promise,
    requestStop: resolve,
  });
  return 0;
}

/** A promise that is resolved from outside with the reason to stop. */
function createRequest(): { readonly promise: Promise<string>; readonly resolve: (why: string) => void } {
  let resolve: (why: string) => void = () => undefined;
  const promise = new Promise<string>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function watchSignals(stop: (why: string) => void): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(1); // the guard ends what is left
      asked = true;
      stop(signal);
    });
  }
}

/** npm does not always pass on its end: when the process that ran `npm start` is gone, so are we. */
function watchParent(stop: (why: string) => void): void {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop('npm has ended');
  }, 1_000).unref();
}

async function detach(args: readonly string[], dataFolder: string): Promise<number> {
  mkdirSync(path.join(dataFolder, 'logs'), { recursive: true });
  const log = openSync(path.join(dataFolder, 'logs', 'supervisor.log'), 'a', 0o600);
  const child = fork(fileURLToPath(import.meta.url), [...args], {
    detached: true,
    env: { ...process.env, [detachedVariable]: '1' },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const outcome = await new Promise<number>((resolve) => {
    child.on('message', (message: { readonly text?: string; readonly serving?: boolean }) => {
      if (message.text !== undefined) process.stdout.write(message.text);
      if (message.serving) resolve(0);
    });
    child.once('exit', (code) => resolve(code || 1));
  });
  if (child.connected) child.disconnect();
  child.unref();
  return outcome;
}

async function serveDetached(options: StartOptions): Promise<number> {
  const { promise, resolve } = createRequest();
  watchSignals(resolve);
  const tell = (message: object) => {
    // After the start nobody listens any more; the log has it all.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const output: ProgressOutput = {
    write(text) {
      process.stdout.write(text);
      tell({ text });
    },
  };
  const progress = createProgress(output);
  try {
    const context = { options, env: process.env, progress, stopRequested: promise, requestStop: resolve };
    const howToEnd = 'It goes on in the background; npm stop ends it.';
    await serve({ ...context, howToEnd, onServing: () => tell({ serving: true }) });
    return 0;
  } catch (error) {
    tell({ text: `${errorMessage(error)}\n` });
    await delay(50); // lets the message reach the other side before we end
    throw error;
  }
}

async function stop(dataFolder: string): Promise<number> {
  const supervisor = await findSupervisor(dataFolder);
  if (supervisor === undefined) {
    process.stdout.write(`Nothing runs in ${dataFolder}.\n`);
    return 0;
  }
  await askSupervisor(dataFolder, { action: 'shutdown' });
  const progress = createProgress(process.stdout);
  const deadline = Date.now() + 15_000;
  const ended = async () => {
    while (isAlive(supervisor.pid) && Date.now() < deadline) await delay(50);
  };
  await progress.during('Stopping', ended());
  if (isAlive(supervisor.pid)) {
    process.stderr.write(
      `The supervisor (process ${supervisor.pid}) has not ended; see its log in ${dataFolder}/logs.\n`,
    );
    return 1;
  }
  process.stdout.write('Stopped.\n');
  return 0;
}
