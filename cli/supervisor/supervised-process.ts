import { readFileSync } from 'node:fs';
import { UnavailableError } from '../../core/errors.ts';
import type { ManagedProcess, ProcessSpec, ProcessTable } from '../processes/process-table.ts';

/** What is started and stopped by name. */
export interface Steered {
  readonly name: string;
  /** `undefined` while it is stopped or waits for its next try. */
  readonly pid: number | undefined;
  /**
   * Starts it and resolves when it is ready.
   *
   * @throws UnavailableError when it ends or stays silent instead; it is then not tried again
   */
  start(): Promise<void>;
  /** Ends it, for good until the next `start`. */
  stop(graceMs: number): Promise<void>;
}

/** One process that is kept running. */
export interface SupervisedProcess extends Steered {
  /** Takes over a process that runs already. */
  adopt(process: ManagedProcess): void;
}

/** The options of {@link superviseProcess}. */
export interface SupervisionOptions {
  readonly processes: ProcessTable;
  readonly spec: ProcessSpec;
  /** Milliseconds a start may take. */
  readonly startTimeoutMs?: number;
  /** Told of each process that is started, before it is ready. */
  readonly onLaunch?: (child: ManagedProcess) => void;
  /** Told in a sentence when the process ends unasked. */
  readonly report: (line: string) => void;
  /** Milliseconds before the first and the longest wait between tries. */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
}

/** A process that lived this long has recovered: its next crash counts as the first. */
const recoveredAfterMs = 60_000;
const crashesOfALoop = 5;

/**
 * Keeps a process running: one that ends unasked is started again, after a wait that doubles with each crash. The fifth
 * crash in a row is reported as a crash loop, and the tries go on, since what it lacks may come back.
 */
export function superviseProcess(options: SupervisionOptions): SupervisedProcess {
  const { processes, spec, report } = options;
  const backoff = options.backoffMs ?? { first: 500, longest: 30_000 };
  let current: ManagedProcess | undefined;
  let wanted = false;
  let crashes = 0;
  let retry: NodeJS.Timeout | undefined;

  const watch = (child: ManagedProcess) => {
    current = child;
    const since = Date.now();
    void child.exited.then(({ code, signal }) => {
      if (current === child) current = undefined;
      if (!wanted) return;
      crashes = Date.now() - since > recoveredAfterMs ? 1 : crashes + 1;
      const waitMs = Math.min(backoff.first * 2 ** (crashes - 1), backoff.longest);
      const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      if (crashes <= crashesOfALoop) report(`${spec.name} ${how}; it starts again in ${waitMs / 1_000} s`);
      if (crashes === crashesOfALoop) report(`${spec.name} ends again and again; see ${child.logFile}`);
      retry = setTimeout(launch, waitMs);
    });
  };
  const startOne = () => {
    const child = processes.start(spec);
    options.onLaunch?.(child);
    return child;
  };
  const launch = () => {
    try {
      watch(startOne());
    } catch (error) {
      report(String(error));
      retry = setTimeout(launch, backoff.longest);
    }
  };

  return {
    name: spec.name,
    get pid() {
      return current?.pid;
    },
    async start() {
      if (current !== undefined) return;
      clearTimeout(retry);
      crashes = 0;
      const child = startOne();
      current = child;
      try {
        await untilReady(child, options.startTimeoutMs ?? 60_000);
      } catch (error) {
        await child.kill();
        current = undefined;
        throw error;
      }
      wanted = true;
      watch(child);
    },
    adopt(child) {
      wanted = true;
      watch(child);
    },
    async stop(graceMs) {
      wanted = false;
      clearTimeout(retry);
      await current?.stop(graceMs);
      current = undefined;
    },
  };
}

/** A service of ours says over IPC that it is ready; any other process counts as ready once it runs. */
async function untilReady(child: ManagedProcess, timeoutMs: number): Promise<void> {
  if (!child.spec.ipc) return;
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<void>((resolve) => {
    child.onMessage((message) => {
      if (typeof message === 'object' && message !== null && 'ready' in message) resolve();
    });
  });
  const ended = child.exited.then(() => {
    throw new UnavailableError(`${child.name} could not start: ${lastLine(child.logFile)} (see ${child.logFile})`);
  });
  const late = new Promise<never>((_, reject) => {
    const sentence = `${child.name} is not ready after ${timeoutMs / 1_000} s; see ${child.logFile}.`;
    timer = setTimeout(() => reject(new UnavailableError(sentence)), timeoutMs);
  });
  try {
    await Promise.race([ready, ended, late]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined); // it may end much later, when nobody waits here any more
  }
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 500) || 'it said nothing';
  } catch {
    return 'it said nothing'; // no log was written
  }
}
