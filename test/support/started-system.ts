import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readLivePidFiles } from '../../cli/processes/pid-file.ts';
import { projectRoot } from '../../cli/project-paths.ts';
import { isPortFree } from '../../platform/network/ports.ts';
import { waitFor } from './wait-for.ts';

/** A process of `npm start` with what it has printed so far. */
export interface StartCommand {
  readonly process: ChildProcess;
  /** Standard output and error. */
  output(): string;
  /** Settles with the exit code when it ends. */
  readonly ended: Promise<number | null>;
}

/** Ports that `--ports-from` takes. */
const portCount = 10;

/**
 * The first of ten free ports in a row. They are below those that other tests and the near ends of connections are given, which
 * could take one of them before the system listens.
 */
export async function findPortRow(): Promise<number> {
  return await waitFor(
    async () => {
      const first = 10_000 + Math.floor(Math.random() * 500) * portCount;
      const row = Array.from({ length: portCount }, (_, index) => isPortFree(first + index));
      return (await Promise.all(row)).every(Boolean) && first;
    },
    { what: 'ten free ports in a row', intervalMs: 1 },
  );
}

/** Runs `node start.mjs` with these arguments, in an environment without any settings of ours. */
export function runStart(args: readonly string[], env: Readonly<Record<string, string>> = {}): StartCommand {
  const { PATH, HOME, TRAMONTANE_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  const child = spawn(process.execPath, [path.join(projectRoot, 'start.mjs'), ...args], {
    env: { PATH, HOME, TRAMONTANE_CACHE_DIR, XDG_CACHE_HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { process: child, output: () => output, ended };
}

/** Resolves when the command has printed `pattern`; throws with all it printed when it ends before. */
export async function waitForOutput(command: StartCommand, pattern: RegExp, timeoutMs = 300_000): Promise<void> {
  const ended = command.ended.then((code) => `it ended with code ${code}`);
  const seen = waitFor(() => pattern.test(command.output()), { what: String(pattern), timeoutMs }).then(() => 'seen');
  const outcome = await Promise.race([seen, ended]);
  if (outcome !== 'seen' && !pattern.test(command.output())) {
    seen.catch(() => undefined); // its failure is ours, told below
    throw new Error(`${outcome} without printing ${pattern}:\n${command.output()}`);
  }
}

/** The variables of the file that `npm start` writes for clients. */
export async function readEnvFile(dataFolder: string): Promise<Record<string, string>> {
  const text = await readFile(path.join(dataFolder, 'env'), 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** Ids of the live processes that a system in this folder has started. */
export function processesOf(dataFolder: string): readonly number[] {
  return readLivePidFiles(path.join(dataFolder, 'pids')).map(({ pid }) => pid);
}
