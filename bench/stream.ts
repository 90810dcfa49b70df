/** How late events reach many clients of the stream. The clients are a process of their own, as they are in life. */
import { findProgram } from '../cli/project-paths.ts';
import { type Bus, EXCHANGES } from '../platform/bus/bus.ts';
import type { Stores } from '../stores/stores.ts';
import type { Provisioned } from '../test/support/provisioned.ts';
import type { RunningServices } from '../test/support/running-services.ts';
import { cpuSeconds } from './process-cpu.ts';
import type { Row } from './report.ts';
import type { Arrivals } from './stream-clients.ts';

const CLIENTS = 500;
const EVENTS_PER_SECOND = 100;
const EVENT_SECONDS = 10;
const DEADLINE_MS = 30_000;

/** What publishes the events and serves the clients. */
export interface StreamSystem {
  readonly services: RunningServices;
  readonly stores: Stores;
  readonly bus: Bus;
}

/** Lag of an event: from its publication to its arrival at the client that gets it last. */
export async function measureStream(infrastructure: Provisioned, system: StreamSystem): Promise<Row> {
  const { services, stores, bus } = system;
  const count = EVENTS_PER_SECOND * EVENT_SECONDS;
  const ids = (await stores.executions.find({}, { include: ['id'], limit: count })).map((one) => one.id);
  const program = findProgram('bench/stream-clients');
  if (program === undefined) throw new Error('This build has no bench/stream-clients.');
  const url = `${services.streamUrl}/v1/stream?events=st2.execution__update&x-auth-token=${await services.token()}`;
  const expected = ids.length * CLIENTS;
  const { command, args } = program;
  const clients = infrastructure.processes.start({
    name: 'stream-clients',
    command,
    args: [...args, url, String(CLIENTS), String(expected), String(DEADLINE_MS + EVENT_SECONDS * 1_000)],
    env: { PATH: process.env.PATH },
    ipc: true,
  });
  const messages: unknown[] = [];
  let heard = () => {};
  clients.onMessage((message) => {
    messages.push(message);
    heard();
  });
  const next = async () => {
    while (messages.length === 0)
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    return messages.shift();
  };
  await next();
  const pid = services.process('st2stream').pid;
  const cpuBefore = cpuSeconds(pid);
  const published = await publish(bus, ids);
  const { latest, arrived } = (await next()) as Arrivals;
  const cpu = cpuSeconds(pid) - cpuBefore;
  await clients.kill();
  const slowest = Math.max(...Object.entries(latest).map(([id, at]) => at - (published.get(id) ?? at)));
  return {
    what: `${CLIENTS} clients of the stream, ${EVENTS_PER_SECOND} events/s: greatest lag`,
    value: `${slowest.toFixed(0)} ms, ${((100 * arrived) / expected).toFixed(1)} % arrived`,
    compared: `CPU of st2stream ${((cpu * 1_000) / ids.length).toFixed(1)} ms an event`,
    mark: '≤ 1 s',
    met: slowest <= 1_000 && arrived === expected,
  };
}

async function publish(bus: Bus, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const published = new Map<string, number>();
  const began = performance.now();
  for (const [index, id] of ids.entries()) {
    const wait = began + (index * 1_000) / EVENTS_PER_SECOND - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    published.set(id, performance.timeOrigin + performance.now());
    bus.publish(EXCHANGES.execution, 'update', { id, status: 'succeeded' });
  }
  return published;
}
