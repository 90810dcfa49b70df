import { spawn } from 'node:child_process';

/** How signals are sent; given by tests. */
export interface KillWays {
  /** @throws an error with `code` `ESRCH` or `EPERM` */
  kill(processGroup: number, signal: NodeJS.Signals): void;
  sudo(args: readonly string[], input: string | undefined): void;
}

const SYSTEM: KillWays = {
  kill: (processGroup, signal) => void process.kill(-processGroup, signal),
  sudo(args, input) {
    const child = spawn('sudo', args, { stdio: ['pipe', 'ignore', 'ignore'] });
    // Without sudo, or where it is refused, nothing more can be done; who waits for the end does so for a limited time.
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  },
};

/**
 * Sends a signal to a process group whose leader has a session of its own; a group that is gone is no error.
 * One that belongs to another user (an action with `sudo`) is reached through sudo, as StackStorm does (`kill_process` in
 * `st2common/util/shell.py`), some time after this returns.
 *
 * @param sudoPassword what sudo asks for; without it, sudo must not ask
 */
export function killGroup(
  processGroup: number,
  signal: NodeJS.Signals,
  sudoPassword?: string,
  ways: KillWays = SYSTEM,
): void {
  try {
    ways.kill(processGroup, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return;
    if (code !== 'EPERM') throw error;
    const pkill = ['--', 'pkill', `-${signal.slice('SIG'.length)}`, '-s', String(processGroup)];
    if (sudoPassword === undefined) ways.sudo(['-n', ...pkill], undefined);
    else ways.sudo(['-S', '-p', '', ...pkill], `${sudoPassword}\n`);
  }
}
