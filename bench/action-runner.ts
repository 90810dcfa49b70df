/** One st2actionrunner as a process of its own: orders a second, and its memory while output streams through it. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { createProcessParts, type ProcessParts } from '../action-service/process-parts.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import type { Execution } from '../stores/executions.ts';
import { type Provisioned, provisioned } from '../test/support/provisioned.ts';
import { startServices } from '../test/support/running-services.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { cpuSeconds, findProcess } from './process-cpu.ts';
import type { Row } from './report.ts';

const ORDERS = 2_000;
const ORDERS_MARK = 200;
const WARM_UP = 200;
const MIB = 1024 * 1024;
const STREAMS = 5;
const STREAM_MARK_MIB = 100;

interface Measured {
  /** The database's process. */
  readonly database: number;
  readonly infrastructure: Provisioned;
  readonly parts: ProcessParts;
  readonly pid: number;
}

/** Measures and returns the rows. */
export async function benchActionRunner(): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true, parts: ['mongodb', 'bus'] });
  const services = await startServices(infrastructure, { only: ['st2actionrunner'] });
  const config = loadConfig(services.env);
  const parts = await createProcessParts({ name: 'bench', config, logger: pino({ level: 'silent' }) });
  try {
    await parts.infrastructure.start();
    const measured = {
      infrastructure,
      parts,
      pid: services.process('st2actionrunner').pid,
      database: findProcess(new URL(config.database.uri).port),
    };
    await orders(measured, WARM_UP);
    return [await noops(measured), ...(await streams(measured))];
  } finally {
    await parts.infrastructure.stop();
    await services.stop();
    await infrastructure.stop();
  }
}

async function noops(measured: Measured): Promise<Row> {
  const { seconds, cpu } = await orders(measured, ORDERS);
  const rate = ORDERS / seconds;
  const [own, database] = cpu.map((used) => ((used / ORDERS) * 1000).toFixed(2));
  return {
    what: `${ORDERS} orders of core.noop, order to stored end, one st2actionrunner`,
    value: `${rate.toFixed(0)}/s; CPU of each: ${own} ms, database ${database}`,
    mark: `≥ ${ORDERS_MARK}/s`,
    met: rate >= ORDERS_MARK,
  };
}

/**
 * Requests executions while the runner is stopped, so that all orders wait at the broker, lets it go on and waits for the ends.
 * Seconds from there to the last end, and the CPU seconds of runner and database therein.
 */
async function orders({ parts, pid, database }: Measured, count: number) {
  const ids: string[] = [];
  process.kill(pid, 'SIGSTOP');
  try {
    for (let made = 0; made < count; made += 1) {
      ids.push((await parts.actions.request({ action: 'core.noop', parameters: {}, user: 'bench' })).id);
    }
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const before = [pid, database].map(cpuSeconds);
  const begun = Date.now();
  const left = () => parts.stores.executions.count({ id: { $in: ids }, status: { $ne: 'succeeded' } });
  // The last one first: counting them costs the database more than they do.
  await ended(parts, ids.at(-1) ?? '');
  await waitFor(async () => (await left()) === 0, { what: 'the end of all orders', intervalMs: 200 });
  const cpu = [pid, database].map((process, index) => cpuSeconds(process) - (before[index] ?? 0));
  const ends = await parts.stores.executions.find({ id: { $in: ids } }, { include: ['end_timestamp'] });
  const last = Math.max(...ends.map(({ end_timestamp: end }) => end?.getTime() ?? 0));
  return { seconds: (last - begun) / 1000, cpu };
}

function ended({ stores }: ProcessParts, id: string): Promise<Execution> {
  const look = async () => {
    const found = await stores.executions.get(id, { include: ['status', 'end_timestamp'] });
    return found?.end_timestamp === undefined ? undefined : found;
  };
  return waitFor(look, { what: `the end of ${id}`, timeoutMs: 600_000, intervalMs: 50 });
}

/** What is kept of the output is limited, so a thousandfold of it must not need more memory. */
async function streams(measured: Measured): Promise<Row[]> {
  const rest = residentMib(measured.pid);
  const highs: number[] = [];
  for (let run = 0; run < STREAMS; run += 1) highs.push((await stream(measured, 50 * MIB)).highest);
  const [first = 0] = highs;
  const most = Math.max(...highs);
  const large = await stream(measured, 1024 * MIB);
  return [
    {
      what: `50 MB of output streamed, ${STREAMS} times: memory of the runner`,
      value: `${first.toFixed(0)} MiB, at most ${most.toFixed(0)}`,
      compared: `at rest ${rest.toFixed(0)} MiB`,
      mark: `≤ ${STREAM_MARK_MIB} MiB more: ${(most - rest).toFixed(0)}`,
      met: most - rest <= STREAM_MARK_MIB,
    },
    {
      what: '1 GB of output, cut: memory of the runner',
      value: `${large.highest.toFixed(0)} MiB, ${large.seconds.toFixed(1)} s`,
      compared: `with 50 MB ${most.toFixed(0)} MiB`,
      mark: 'as with 50 MB: ≤ 1.25',
      ratio: large.highest / most,
      met: large.highest / most <= 1.25,
    },
  ];
}

async function stream({ parts, pid }: Measured, bytes: number) {
  const parameters = { cmd: `yes 0123456789abcdef | head -c ${bytes}`, timeout: 600 };
  const begun = performance.now();
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, residentMib(pid));
  }, 20);
  const execution = await parts.actions.request({ action: 'core.local', parameters, user: 'bench' });
  const { status } = await ended(parts, execution.id);
  clearInterval(watch);
  if (status !== 'succeeded') throw new Error(`The stream of ${bytes} bytes ended as ${status}.`);
  return { highest, seconds: (performance.now() - begun) / 1000 };
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}
