import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from './cache.ts';

/** The outcome of a command that ran to its end. */
export interface CommandResult {
  readonly ok: boolean;
  /** Exit code; `null` when it was killed or could not start. */
  readonly code: number | null;
  /** Standard output and error, in the order they came; the last 64 KiB. */
  readonly output: string;
}

/** The options of {@link runCommand}. */
export interface CommandOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** Milliseconds until the command is killed; 10 minutes when absent. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end without a shell. Never rejects: a command that cannot start is a result that is not ok. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return await new Promise((resolve) => {
    let output = '';
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 600_000,
      killSignal: 'SIGKILL',
    });
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-65_536);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ ok: false, code: null, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, code, output }));
  });
}

/** The full path of an executable on `PATH` or in one of the `extra` folders, or `undefined`. */
export function findOnPath(name: string, env: Environment, extra: readonly string[] = []): string | undefined {
  const folders = [...(env.PATH ?? '').split(path.delimiter), ...extra].filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

/** Whether `file` is a regular file that we may execute. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
