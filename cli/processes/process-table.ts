import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TramontaneError, UnavailableError } from '../../core/errors.ts';
import { isAlive } from '../../platform/noted-process.ts';
import { type Guard, startGuard } from './guard.ts';
import { readLivePidFiles, removePidFile, removeStalePidFiles, writePidFile } from './pid-file.ts';

/** What to start. */
export interface ProcessSpec {
  /** Unique among the running processes; names the pid file and the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process: nothing is inherited silently. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Opens an IPC channel, over which a service of ours says that it is ready and notices our death. */
  readonly ipc?: boolean;
  /** Name of the log file without `.log`; `name` when absent. */
  readonly log?: string;
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that we started and answer for. */
export interface ManagedProcess {
  readonly name: string;
  /** What it was started from: the table starts the same again from it. */
  readonly spec: ProcessSpec;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly hasExited: boolean;
  /** Called with each IPC message of the process. */
  onMessage(listener: (message: unknown) => void): void;
  /** Sends an IPC message; it is lost when the process has ended. */
  send(message: object): void;
  /** SIGTERM, and after `graceMs` SIGKILL to its process group. Returns when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL to its process group, at once. Returns when it is gone. */
  kill(): Promise<void>;
}

/** All processes that one supervisor (or one test) has started. */
export interface ProcessTable {
  readonly pidFolder: string;
  readonly logFolder: string;
  /** @throws UnavailableError when the table is closed */
  start(spec: ProcessSpec): ManagedProcess;
  /** Ends what a supervisor that was killed has left behind in the same folder; returns the names. */
  endLeftovers(): Promise<readonly string[]>;
  /** Kills what still runs, waits for its end, and lets the guard go. Nothing is started any more. */
  close(): Promise<void>;
}

const defaultGraceMs = 10_000;
const maxLogBytes = 20 * 1024 * 1024;

/**
 * Starts processes so that none survives us: each has its own process group and a pid file in `<folder>/pids`, its output goes
 * to `<folder>/logs`, and a guard process ends what is noted there as soon as we are gone, even by SIGKILL.
 */
export function createProcessTable(folder: string): ProcessTable {
  const pidFolder = path.join(folder, 'pids');
  const logFolder = path.join(folder, 'logs');
  mkdirSync(pidFolder, { recursive: true });
  mkdirSync(logFolder, { recursive: true });
  let guard: Guard | undefined;
  const live = new Set<ManagedProcess>();
  let isClosed = false;

  return {
    pidFolder,
    logFolder,
    start(spec) {
      if (isClosed) throw new UnavailableError(`${spec.name} is not started any more: the end was asked for.`);
      guard ??= startGuard(pidFolder);
      const child = startProcess(spec, pidFolder, logFolder);
      live.add(child);
      void child.exited.then(() => live.delete(child));
      return child;
    },
    async endLeftovers() {
      const leftovers = readLivePidFiles(pidFolder);
      await Promise.all(leftovers.map(({ pid }) => endGroup(pid, 3_000)));
      // While any member of a group lives, its number is given to nobody else.
      for (const pid of removeStalePidFiles(pidFolder)) signalGroup(pid, 'SIGKILL');
      return leftovers.map(({ name }) => name);
    },
    async close() {
      isClosed = true;
      await Promise.all([...live].map((child) => child.kill()));
      guard?.release();
      guard = undefined;
    },
  };
}

function startProcess(spec: ProcessSpec, pidFolder: string, logFolder: string): ManagedProcess {
  const logFile = path.join(logFolder, `${spec.log ?? spec.name}.log`);
  const log = openLog(logFile);
  const child = spawn(spec.command, [...spec.args], {
    cwd: spec.cwd,
    env: definedOnly(spec.env),
    detached: true,
    stdio: spec.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) {
    child.on('error', () => {
      // Said below; the event only must not be unhandled.
    });
    throw new TramontaneError('START_FAILED', `Cannot start ${spec.name}: ${spec.command} is not executable.`);
  }
  const pid = child.pid;
  writePidFile(pidFolder, spec.name, pid);
  let hasExited = false;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      hasExited = true;
      signalGroup(pid, 'SIGKILL'); // whatever it had started in its group must not outlive it
      removePidFile(pidFolder, spec.name, pid);
      resolve({ code, signal });
    });
  });
  child.on('error', () => {
    // A failed IPC send: the exit that goes with it is what counts.
  });
  return {
    name: spec.name,
    spec,
    pid,
    logFile,
    exited,
    get hasExited() {
      return hasExited;
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    send(message) {
      if (child.connected) child.send(message);
    },
    async stop(graceMs = defaultGraceMs) {
      if (hasExited) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      if (hasExited) return;
      signalGroup(pid, 'SIGKILL');
      await exited;
    },
  };
}

/** Ends a process that is not our child (a leftover), with all of its group. */
async function endGroup(pid: number, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    return; // gone already
  }
  while (isAlive(pid) && Date.now() < deadline) await delay(50);
  signalGroup(pid, 'SIGKILL');
  while (isAlive(pid) && Date.now() < deadline + 2_000) await delay(20);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is empty, which is what we want
  }
}

function openLog(file: string): number {
  try {
    if (statSync(file).size > maxLogBytes) renameSync(file, `${file}.1`);
  } catch {
    // no log yet
  }
  return openSync(file, 'a', 0o600);
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
