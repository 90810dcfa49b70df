/**
 * One sensor in a process of its own. Descriptor 3 carries the triggers it fires, each answered when it is stored; descriptor
 * 4 tells it what it needs to know and which triggers come and go. Its output goes to the log.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errorMessage } from '../../core/errors.ts';
import { parseExactly } from '../../core/python/exact-json.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { killGroup } from '../../platform/process/kill-group.ts';
import { readLines } from './read-lines.ts';

const STOP_GRACE_MS = 4_000;
const MAX_LOGGED = 2_000;

/** How a sensor's program is started. */
export interface SensorCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A trigger as sensors see it. */
export type TriggerView = Readonly<Record<string, unknown>>;

/** What a sensor fires. */
export interface SensorDispatch {
  readonly trigger: unknown;
  readonly payload: unknown;
  readonly trace_context: unknown;
}

export interface SensorProcess {
  readonly pid: number;
  /** Exit code, or -1 for a signal. */
  readonly exited: Promise<number>;
  tell(type: 'create' | 'update' | 'delete', trigger: TriggerView): void;
  /** SIGTERM, so that it can clean up; SIGKILL for the whole group after a grace. */
  stop(): Promise<void>;
}

export interface SensorProcessOptions {
  readonly command: SensorCommand;
  /** The first message to the program. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Stores a trigger; a rejection is told to the sensor. */
  readonly dispatch: (message: SensorDispatch) => Promise<void>;
  readonly logger: Logger;
}

/** @throws Error when the program cannot be started */
export async function startSensorProcess(options: SensorProcessOptions): Promise<SensorProcess> {
  const { command, logger } = options;
  const child = spawn(command.file, command.args, {
    env: { ...command.env },
    cwd: command.cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid ?? 0;
  const exited = new Promise<number>((resolve) =>
    child.once('exit', (code) => {
      // Helpers that the sensor started end with it.
      killGroup(pid, 'SIGKILL');
      resolve(code ?? -1);
    }),
  );
  log(child.stdout, 'stdout', logger);
  log(child.stderr, 'stderr', logger);
  const requests = child.stdio[3] as Readable & Writable;
  const events = child.stdio[4] as Writable;
  answerRequests(requests, options);
  events.on('error', (error) => logger.debug({ reason: errorMessage(error) }, 'sensor does not listen any more'));
  const send = (message: unknown) => {
    if (events.writable) events.write(`${JSON.stringify(message)}\n`);
  };
  send(options.request);
  return {
    pid,
    exited,
    tell: (type, trigger) => send({ type, trigger }),
    stop: () => stopProcess(child, pid, exited),
  };
}

function answerRequests(channel: Readable & Writable, { dispatch, logger }: SensorProcessOptions): void {
  channel.on('error', (error) => logger.debug({ reason: errorMessage(error) }, 'channel of a sensor broke'));
  let work = Promise.resolve();
  readLines(channel, (line) => {
    work = work.then(async () => {
      const answer: { error?: string } = {};
      try {
        await dispatch(parseExactly(line) as SensorDispatch);
      } catch (error) {
        answer.error = errorMessage(error);
        logger.warn({ reason: answer.error }, 'trigger of a sensor was not dispatched');
      }
      if (channel.writable) channel.write(`${JSON.stringify(answer)}\n`);
    });
  });
}

function log(stream: Readable | null, name: string, logger: Logger): void {
  if (stream === null) return;
  readLines(stream, (line) => logger.info({ stream: name, line: line.slice(0, MAX_LOGGED) }, 'sensor says'));
}

async function stopProcess(child: ChildProcess, pid: number, exited: Promise<number>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => killGroup(pid, 'SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(timer);
}
