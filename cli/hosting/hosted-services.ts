import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../core/errors.ts';
import type { ManagedProcess } from '../processes/process-table.ts';
import { type Steered, type SupervisionOptions, superviseProcess } from '../supervisor/supervised-process.ts';
import type { HostReply, HostRequest } from './contract.ts';

/** Services that share one supervised process. */
export interface HostedServices {
  /** The service of that name, to be started and stopped as if it were a process. */
  service(name: string): Steered;
}

export interface HostedServicesOptions extends Pick<SupervisionOptions, 'processes' | 'spec' | 'report'> {
  /** Milliseconds after which a service is tried again that could not be started with its process. */
  readonly retryMs?: number;
}

type Outcome = (failure?: string) => void;

/**
 * Keeps the process running while any of its services is wanted. After a crash, which takes all of them, it starts again
 * with those that are wanted.
 */
export function hostServices(options: HostedServicesOptions): HostedServices {
  const { processes, spec, report, retryMs = 2_000 } = options;
  const wanted = new Set<string>();
  const running = new Set<string>();
  /** Who waits for the start or the stop of a service. */
  const waiting = new Map<string, Outcome[]>();
  let host: ManagedProcess | undefined;
  let isReady = false;
  let starting: Promise<void> | undefined;

  const supervised = superviseProcess({
    processes,
    spec,
    report,
    onLaunch(child) {
      host = child;
      child.onMessage((message) => hear(child, message as HostReply | { readonly ready: true }));
      void child.exited.then(() => forget(child));
    },
  });

  const logOf = (name: string) => path.join(processes.logFolder, `${name}.log`);
  const ask = (request: HostRequest) => host?.send(request);
  const askToStart = (name: string) => ask({ start: name, log: logOf(name) });

  const hear = (child: ManagedProcess, message: HostReply | { readonly ready: true }) => {
    if (child !== host) return;
    if ('ready' in message) {
      isReady = true;
      for (const name of wanted) askToStart(name);
    } else if ('started' in message) {
      running.add(message.started);
      settle(message.started);
    } else if ('stopped' in message) {
      running.delete(message.stopped);
      settle(message.stopped);
    } else if (waiting.has(message.failed)) settle(message.failed, message.reason);
    else void tryAgain(child, message.failed, message.reason);
  };

  const settle = (name: string, failure?: string) => {
    const outcomes = waiting.get(name) ?? [];
    waiting.delete(name);
    for (const outcome of outcomes) outcome(failure);
  };

  const tryAgain = async (child: ManagedProcess, name: string, reason: string) => {
    report(`${name} could not start: ${reason}; it is tried again in ${retryMs / 1_000} s`);
    await delay(retryMs);
    if (child === host && wanted.has(name) && !running.has(name)) askToStart(name);
  };

  const forget = (child: ManagedProcess) => {
    if (child !== host) return;
    host = undefined;
    isReady = false;
    running.clear();
    for (const name of [...waiting.keys()]) settle(name, wanted.has(name) ? 'its process ended' : undefined);
  };

  const outcomeOf = (name: string) =>
    new Promise<string | undefined>((resolve) => {
      waiting.set(name, [...(waiting.get(name) ?? []), resolve]);
    });

  const startHost = async () => {
    starting ??= supervised.start().finally(() => {
      starting = undefined;
    });
    await starting;
  };

  const start = async (name: string) => {
    wanted.add(name);
    if (running.has(name)) return;
    const outcome = outcomeOf(name);
    try {
      if (isReady) askToStart(name);
      else await startHost();
    } catch (error) {
      wanted.delete(name);
      throw error;
    }
    const failure = await outcome;
    if (failure === undefined) return;
    wanted.delete(name);
    throw new UnavailableError(`${name} could not start: ${failure} (see ${logOf(name)})`);
  };

  const stop = async (name: string, graceMs: number) => {
    wanted.delete(name);
    if (wanted.size === 0) return await supervised.stop(graceMs);
    if (!running.has(name)) return;
    const outcome = outcomeOf(name);
    ask({ stop: name });
    const isLate = await Promise.race([outcome, delay(graceMs, 'late' as const, { ref: false })]);
    if (isLate === 'late') report(`${name} has not stopped after ${graceMs / 1_000} s`);
  };

  return {
    service: (name) => ({
      name,
      get pid() {
        return running.has(name) ? supervised.pid : undefined;
      },
      start: () => start(name),
      stop: (graceMs) => stop(name, graceMs),
    }),
  };
}
