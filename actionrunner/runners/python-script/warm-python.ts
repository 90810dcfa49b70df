/**
 * Warm interpreters: one zygote process an interpreter, a fork of it an action (see actionrunner/python/zygote.py).
 *
 * 1. What an action gets and returns is the same as from a cold start; a zygote that fails to start falls back to one.
 * 2. A zygote is renewed when its virtualenv changes, and ends after {@link IDLE_MS} without work; at most {@link MAX_ZYGOTES} live.
 * 3. Streams are sockets that the child connects to: the folder of the socket belongs to this process alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { errorMessage } from '../../../core/errors.ts';
import type { Logger } from '../../../platform/logging/create-logger.ts';
import { killGroup } from '../../../platform/process/kill-group.ts';
import { groupReaper } from '../../process/group-reaper.ts';
import {
  MAX_REPLY,
  NO_SINK,
  type ProcessEnd,
  type ProcessRequest,
  readStream,
  runProcess,
} from '../../process/run-process.ts';
import { createTextCollector } from '../../process/text-collector.ts';
import { PYTHON_FOLDER, type PythonEnvironment } from './python-environment.ts';

const IDLE_MS = 600_000;
const MAX_ZYGOTES = 16;
/** How long the streams of a killed action may stay open, held by processes that left its group. */
const LINGER_MS = 500;
/** How long the connections of a child that has ended already may still be on their way. */
const CONNECT_MS = 250;
const STREAMS = 3;

type StreamName = 'stdout' | 'stderr' | 'control';
type Request = Omit<ProcessRequest, 'file' | 'args' | 'input' | 'cwd'>;

/** One action that a zygote runs. */
interface Job {
  readonly id: number;
  pid: number | undefined;
  readonly sockets: Socket[];
  attach(name: StreamName, socket: Socket): void;
  started(pid: number): void;
  ended(exitCode: number): void;
  /** The zygote is gone: nobody will tell the end. */
  lost(): void;
}

interface Zygote {
  readonly version: string;
  readonly process: ChildProcess;
  readonly jobs: Map<number, Job>;
  idle: NodeJS.Timeout | undefined;
  lastUsed: number;
}

export interface WarmPythons {
  run(
    environment: PythonEnvironment,
    baseEnvironment: Readonly<Record<string, string>>,
    request: Request,
    logger: Logger,
  ): Promise<ProcessEnd>;
  /** Ends all zygotes and with them what they still run. */
  close(): void;
}

export function createWarmPythons(): WarmPythons {
  const zygotes = new Map<string, Zygote>();
  const broken = new Set<string>();
  const jobs = new Map<number, Job>();
  let listening: Promise<{ readonly server: Server; readonly path: string; readonly folder: string }> | undefined;
  let lastJob = 0;

  function listen() {
    listening ??= new Promise((resolve, reject) => {
      const folder = mkdtempSync(join(tmpdir(), 'st2-python-'));
      const path = join(folder, 'socket');
      const server = createServer({ allowHalfOpen: true }, (socket) => accept(socket, jobs));
      server.once('error', reject);
      server.listen({ path, backlog: 1024 }, () => {
        server.unref();
        resolve({ server, path, folder });
      });
    });
    return listening;
  }

  function retire(interpreter: string, zygote: Zygote): void {
    clearTimeout(zygote.idle);
    if (zygotes.get(interpreter) === zygote) zygotes.delete(interpreter);
    // It ends when its channel ends; children that still run are waited for.
    if (zygote.jobs.size === 0) (zygote.process.stdio[3] as Duplex).end();
  }

  function take(
    environment: PythonEnvironment,
    baseEnvironment: Readonly<Record<string, string>>,
    logger: Logger,
  ): Zygote {
    const { interpreter } = environment;
    const version = interpreterVersion(environment);
    const known = zygotes.get(interpreter);
    if (known !== undefined && known.version === version) return known;
    if (known !== undefined) retire(interpreter, known);
    if (zygotes.size >= MAX_ZYGOTES) {
      const idle = [...zygotes]
        .filter(([, one]) => one.jobs.size === 0)
        .sort((a, b) => a[1].lastUsed - b[1].lastUsed)[0];
      if (idle !== undefined) retire(...idle);
    }
    const zygote = startZygote(environment, baseEnvironment, version);
    zygotes.set(interpreter, zygote);
    zygote.process.once('exit', (code) => {
      if (zygotes.get(interpreter) === zygote) zygotes.delete(interpreter);
      if (code !== 0 && zygote.lastUsed === 0) {
        broken.add(interpreter);
        logger.warn({ interpreter, exit_code: code }, 'warm interpreter does not start, actions start cold');
      }
      for (const job of zygote.jobs.values()) job.lost();
    });
    return zygote;
  }

  async function runWarm(zygote: Zygote, interpreter: string, request: Request, path: string): Promise<ProcessEnd> {
    lastJob += 1;
    const id = lastJob;
    clearTimeout(zygote.idle);
    const run = createJob(id, request);
    jobs.set(id, run.job);
    zygote.jobs.set(id, run.job);
    (zygote.process.stdio[3] as Duplex).write(`${JSON.stringify({ id, socket: path })}\n`);
    try {
      return await run.end;
    } finally {
      jobs.delete(id);
      zygote.jobs.delete(id);
      zygote.lastUsed = Date.now();
      if (zygotes.get(interpreter) !== zygote) retire(interpreter, zygote);
      else if (zygote.jobs.size === 0) {
        zygote.idle = setTimeout(() => retire(interpreter, zygote), IDLE_MS);
        zygote.idle.unref();
      }
    }
  }

  return {
    async run(environment, baseEnvironment, request, logger) {
      const { interpreter, env } = environment;
      if (!broken.has(interpreter)) {
        try {
          const { path } = await listen();
          const zygote = take(environment, baseEnvironment, logger);
          return await runWarm(zygote, interpreter, request, path);
        } catch (error) {
          if (!(error instanceof ZygoteLostError) || error.started) throw error;
          logger.warn(
            { interpreter, reason: errorMessage(error) },
            'warm interpreter was lost, the action starts cold',
          );
        }
      }
      return runProcess({ ...request, env, file: interpreter, args: ['-u', join(PYTHON_FOLDER, 'action_main.py')] });
    },
    close() {
      for (const [interpreter, zygote] of zygotes) {
        zygotes.delete(interpreter);
        clearTimeout(zygote.idle);
        (zygote.process.stdio[3] as Duplex).destroy();
      }
      void listening?.then(({ server, folder }) => {
        server.close();
        rmSync(folder, { recursive: true, force: true });
      });
      listening = undefined;
    },
  };
}

/** The zygote ended before it had answered. */
class ZygoteLostError extends Error {
  readonly started: boolean;
  constructor(started: boolean) {
    super('The warm interpreter ended before the action did.');
    this.started = started;
  }
}

function interpreterVersion({ virtualenv }: PythonEnvironment): string {
  if (virtualenv === undefined) return '';
  // Renewed or repaired virtualenvs write this file anew; a removed one is a version of its own.
  const found = statSync(join(virtualenv, 'pyvenv.cfg'), { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.ino}-${found.mtimeMs}`;
}

function startZygote(
  environment: PythonEnvironment,
  baseEnvironment: Readonly<Record<string, string>>,
  version: string,
): Zygote {
  const child = spawn(environment.interpreter, ['-u', join(PYTHON_FOLDER, 'zygote.py')], {
    env: { ...baseEnvironment, PYTHONPATH: PYTHON_FOLDER },
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const zygote: Zygote = { version, process: child, jobs: new Map(), idle: undefined, lastUsed: 0 };
  child.on('error', () => child.emit('exit', 127, null));
  child.unref();
  const channel = child.stdio[3] as Duplex & { unref?: () => void };
  channel.unref?.();
  channel.on('error', () => undefined);
  let waiting = '';
  channel.setEncoding('utf8');
  channel.on('data', (text: string) => {
    const lines = (waiting + text).split('\n');
    waiting = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as { readonly id: number; readonly pid?: number; readonly status?: number };
      const job = zygote.jobs.get(message.id);
      if (message.pid !== undefined) job?.started(message.pid);
      if (message.status !== undefined) job?.ended(message.status);
    }
  });
  return zygote;
}

/** A new connection names its job and stream in its first line. */
function accept(socket: Socket, jobs: ReadonlyMap<number, Job>): void {
  socket.on('error', () => undefined);
  let head = Buffer.alloc(0);
  const read = () => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(0x0a);
      if (end === -1) continue;
      socket.off('readable', read);
      const [id, name] = head.subarray(0, end).toString('latin1').split(' ');
      const job = jobs.get(Number(id));
      if (job === undefined) {
        socket.destroy();
        return;
      }
      if (end + 1 < head.length) socket.unshift(head.subarray(end + 1));
      job.attach(name as StreamName, socket);
      return;
    }
  };
  socket.on('readable', read);
}

function createJob(id: number, request: Request): { readonly job: Job; readonly end: Promise<ProcessEnd> } {
  groupReaper.prepare();
  const collectors = {
    stdout: createTextCollector(request.maxOutput),
    stderr: createTextCollector(request.maxOutput),
    control: createTextCollector(MAX_REPLY),
  };
  const readings: Promise<void>[] = [];
  let timedOut = false;
  let stopped = false;
  let settle: (exitCode: number) => void = () => undefined;
  const exited = new Promise<number>((resolve) => {
    settle = resolve;
  });
  let attachedAll: () => void = () => undefined;
  const attached = new Promise<void>((resolve) => {
    attachedAll = resolve;
  });
  const job: Job = {
    id,
    pid: undefined,
    sockets: [],
    attach(name, socket) {
      job.sockets.push(socket);
      if (name === 'control') socket.write(request.control ?? '');
      readings.push(
        name === 'control'
          ? readStream(socket, 'other', collectors.control, NO_SINK)
          : readStream(socket, name, collectors[name], request.output),
      );
      if (readings.length === STREAMS) attachedAll();
    },
    started(pid) {
      job.pid = pid;
      groupReaper.add(pid);
      if (stopped) killJob();
    },
    ended: (exitCode) => settle(exitCode),
    lost() {
      stop();
      settle(-9);
    },
  };
  const killJob = () => {
    if (job.pid === undefined) return;
    killGroup(job.pid, 'SIGKILL');
    // Before it leads a group of its own, the child is reached alone.
    killProcess(job.pid);
  };
  let linger: NodeJS.Timeout | undefined;
  const stop = () => {
    stopped = true;
    killJob();
    linger ??= setTimeout(() => job.sockets.forEach((socket) => void socket.destroy()), LINGER_MS);
  };

  async function finish(): Promise<ProcessEnd> {
    const seconds = request.timeout;
    const timer =
      seconds === undefined
        ? undefined
        : setTimeout(
            () => {
              timedOut = true;
              stop();
            },
            Math.min(seconds * 1000, 2 ** 31 - 1),
          );
    request.signal.addEventListener('abort', stop, { once: true });
    if (request.signal.aborted) stop();
    try {
      const exitCode = await exited;
      if (job.pid === undefined) throw new ZygoteLostError(false);
      await Promise.race([attached, setTimeoutPromise(CONNECT_MS)]);
      await Promise.all(readings);
      return {
        exitCode,
        stdout: collectors.stdout.text(),
        stderr: collectors.stderr.text(),
        reply: collectors.control.text(),
        timedOut,
        survived: false,
      };
    } finally {
      clearTimeout(timer);
      clearTimeout(linger);
      request.signal.removeEventListener('abort', stop);
      for (const socket of job.sockets) socket.destroy();
      if (job.pid !== undefined) groupReaper.remove(job.pid);
    }
  }
  return { job, end: finish() };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

/** The warm interpreters of this process. */
export const warmPythons: WarmPythons = createWarmPythons();
