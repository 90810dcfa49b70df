/**
 * Runs one process of an action to its end: output collected and streamed, time limited, whole group killed.
 *
 * 1. Each process leads a group of its own; a timeout or a stop kills the group, so nothing that it started is left.
 * 2. Output is read no faster than the sink takes it; what is kept is bounded; invalid UTF-8 does not fail.
 * 3. The end is the end of the output, as in StackStorm: descendants in the background that write to it are waited for within the timeout.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { killGroup } from '../../platform/process/kill-group.ts';
import type { OutputSink } from '../runners/contract.ts';
import { groupReaper } from './group-reaper.ts';
import { createTextCollector, type TextCollector } from './text-collector.ts';

/** How long processes that left the group may hold the output open after the group was killed. */
const LINGER_MS = 500;
/** How long a killed process may take to end; another user's, which sudo kills, takes longer than one's own. */
const KILL_MS = 5_000;
/** Exit code of what was killed. */
const KILLED = -9;

export interface ProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. Without it, standard input is empty. */
  readonly input?: string;
  /** Sent over a channel of its own (file descriptor 3), over which the process may reply. */
  readonly control?: string;
  /** What sudo asks for where the process runs as another user: it is needed to kill it as well. */
  readonly sudoPassword?: string;
  /** Seconds; none when absent or not above 0. */
  readonly timeout?: number;
  readonly signal: AbortSignal;
  readonly output: OutputSink;
  /** Bytes kept of each stream. */
  readonly maxOutput: number;
}

export interface ProcessEnd {
  /** As Python's subprocess has it: the exit code, or minus the number of the signal that ended the process. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** It was killed and did not end: it may run on, with nobody waiting for it. */
  readonly survived: boolean;
  /** What came back over the control channel. */
  readonly reply: string;
}

/** Largest reply over the control channel, bytes: a result beyond it could not be stored. */
export const MAX_REPLY = 64 * 1024 * 1024;

/** A sink that takes nothing, for what is not output of the action. */
export const NO_SINK: OutputSink = { write: async () => undefined };

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** Exit code as Python shows it: minus the signal's number when a signal ended the process. */
export function toExitCode(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return signal === null ? -1 : -(SIGNAL_NUMBERS[signal] ?? 1);
}

/**
 * Copies a stream into a collector and a sink until it ends.
 * A stream that breaks counts as ended: its process is gone.
 */
export async function readStream(
  stream: Readable,
  type: 'stdout' | 'stderr' | 'other',
  collector: TextCollector,
  output: OutputSink,
): Promise<void> {
  try {
    for await (const chunk of stream) {
      const text = collector.push(chunk as Uint8Array);
      if (text !== '') await output.write(type, text);
    }
  } catch {
    // destroyed after the process was killed, or reset by the other side: what was read stays
  }
  const rest = collector.end();
  if (rest !== '') await output.write(type, rest);
}

/**
 * @throws Error when the process cannot be started (no such file or folder, not executable, NUL in an argument)
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessEnd> {
  groupReaper.prepare();
  const child = spawn(request.file, request.args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: [
      request.input === undefined ? 'ignore' : 'pipe',
      'pipe',
      'pipe',
      ...(request.control === undefined ? [] : ['pipe' as const]),
    ],
  });
  if (child.pid === undefined) throw await startError(child, request);
  const group = child.pid;
  groupReaper.add(group);
  let timedOut = false;
  let survived = false;
  let linger: NodeJS.Timeout | undefined;
  let limit: NodeJS.Timeout | undefined;
  let giveUp: () => void = () => undefined;
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => {
      // The signal may have reached only the leader: sudo itself is still its caller's, what it runs is not.
      if (linger !== undefined) killGroup(group, 'SIGKILL', request.sudoPassword);
      resolve(toExitCode(code, signal));
    });
    giveUp = () => {
      survived = true;
      child.unref();
      resolve(KILLED);
    };
  });
  const kill = () => {
    killGroup(group, 'SIGKILL', request.sudoPassword);
    linger ??= setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      (child.stdio[3] as Duplex | undefined)?.destroy();
    }, LINGER_MS);
    limit ??= setTimeout(giveUp, KILL_MS);
  };
  const timer = startTimer(request.timeout, () => {
    timedOut = true;
    kill();
  });
  request.signal.addEventListener('abort', kill, { once: true });
  if (request.signal.aborted) kill();
  try {
    const stdout = createTextCollector(request.maxOutput);
    const stderr = createTextCollector(request.maxOutput);
    const reply = createTextCollector(MAX_REPLY);
    writeInput(child, request.input);
    const control = child.stdio[3] as Duplex | undefined;
    control?.on('error', () => undefined);
    control?.write(request.control ?? '');
    const reading = Promise.all([
      readStream(child.stdout as Readable, 'stdout', stdout, request.output),
      readStream(child.stderr as Readable, 'stderr', stderr, request.output),
      control === undefined ? undefined : readStream(control, 'other', reply, NO_SINK),
    ]);
    const [exitCode] = await Promise.all([exited, reading]);
    return { exitCode, stdout: stdout.text(), stderr: stderr.text(), timedOut, survived, reply: reply.text() };
  } finally {
    clearTimeout(timer);
    clearTimeout(linger);
    clearTimeout(limit);
    request.signal.removeEventListener('abort', kill);
    groupReaper.remove(group);
  }
}

function startTimer(seconds: number | undefined, expire: () => void): NodeJS.Timeout | undefined {
  if (seconds === undefined || !(seconds > 0)) return undefined;
  // Longer timers than about 24 days overflow and would fire at once.
  return setTimeout(expire, Math.min(seconds * 1000, 2 ** 31 - 1));
}

function writeInput(child: ChildProcess, input: string | undefined): void {
  // A process that does not read its input closes the pipe: that is its right.
  child.stdin?.on('error', () => undefined);
  if (input !== undefined) child.stdin?.end(input);
}

function startError(child: ChildProcess, request: ProcessRequest): Promise<Error> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      // Node names the program even when the folder is what is missing.
      const what =
        error.code === 'ENOENT' && request.cwd !== undefined
          ? `${request.file} in folder ${request.cwd}`
          : request.file;
      resolve(new Error(`Cannot start ${what}: ${error.message}`, { cause: error }));
    });
  });
}
