/**
 * Many at once: actions through 1, 2 and 4 runner processes, a flood of requests, and thousands of workflows in flight.
 * `BENCH_FLOOD` and `BENCH_IN_FLIGHT` set other numbers than those that are promised.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { createProcessParts, type ProcessParts } from '../action-service/process-parts.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { type Provisioned, provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { cpuBetween, type ProcessCost, processCosts } from './process-cost.ts';
import type { Row } from './report.ts';
import { startSeveralApis } from './several-apis.ts';

const FLOOD = Number(process.env.BENCH_FLOOD ?? 50_000);
const IN_FLIGHT = Number(process.env.BENCH_IN_FLIGHT ?? 5_000);
const SHARED = 2_000;
const RUNNERS = [1, 2, 4] as const;
const APIS = 3;
const FLOOD_CLIENTS = 100;
const STARTING_CLIENTS = 8;
const CALIBRATED = 100;
/** Of which a second process takes part in the work for workflows. */
const DOUBLED = ['mistral-server', 'st2scheduler', 'st2resultstracker'] as const;
const PATIENCE_MS = 3_600_000;

interface Measured {
  readonly infrastructure: Provisioned;
  readonly services: RunningServices;
  readonly parts: ProcessParts;
}

/** Measures and returns the rows. */
export async function benchScale(): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true });
  const packs = path.join(infrastructure.folder, 'bench-packs');
  await writeWaitingPack(packs);
  const services = await startServices(infrastructure, { packFolders: [packs] });
  const config = loadConfig(services.env);
  const parts = await createProcessParts({ name: 'bench', config, logger: pino({ level: 'silent' }) });
  const measured = { infrastructure, services, parts };
  try {
    await parts.infrastructure.start();
    await post(measured, CALIBRATED, FLOOD_CLIENTS, () => ({ action: 'core.noop' }));
    await untilEnded(measured, 'core.noop', CALIBRATED);
    const rows: Row[] = [];
    let running = 1;
    for (const count of RUNNERS) {
      for (; running < count; running += 1) await services.startAnother('st2actionrunner');
      rows.push(await shared(measured, count));
    }
    rows.push(await severalApis(measured), ...(await flood(measured)), ...(await inFlight(measured)));
    return rows;
  } finally {
    await parts.infrastructure.stop();
    await services.stop();
    await infrastructure.stop();
  }
}

/** A workflow that waits for so many seconds. */
async function writeWaitingPack(folder: string): Promise<void> {
  const actions = path.join(folder, 'bench', 'actions');
  await mkdir(actions, { recursive: true });
  await writeFile(
    path.join(folder, 'bench', 'pack.yaml'),
    'name: bench\ndescription: Measured.\nversion: 1.0.0\nauthor: Tramontane\n',
  );
  await writeFile(
    path.join(actions, 'wait.yaml'),
    'name: wait\nrunner_type: mistral-v2\nenabled: true\nentry_point: wait.flow.yaml\nparameters:\n  seconds: {type: integer, required: true}\n',
  );
  await writeFile(
    path.join(actions, 'wait.flow.yaml'),
    "version: '2.0'\nbench.wait:\n  input: [seconds]\n  tasks:\n    wait:\n      wait-before: <% $.seconds %>\n      action: std.noop\n",
  );
}

/** Asks for `count` executions with so many clients. @returns seconds until the last answer, and each refusal */
function post({ services }: Measured, count: number, clients: number, body: () => object) {
  return postBy((execution) => services.request('POST', '/executions', execution), count, clients, body);
}

async function postBy(send: (body: object) => Promise<unknown>, count: number, clients: number, body: () => object) {
  const began = performance.now();
  const refused: string[] = [];
  let left = count;
  const client = async () => {
    while (left-- > 0) await send(body()).catch((error) => refused.push(`${error}`));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { seconds: (performance.now() - began) / 1_000, refused };
}

async function untilEnded(measured: Measured, action: string, count: number): Promise<void> {
  const ended = async () => (await countOf(measured, action)) >= count;
  await waitFor(ended, { what: `the end of ${count} ${action}`, timeoutMs: PATIENCE_MS, intervalMs: 500 });
}

const countOf = ({ parts }: Measured, action: string) =>
  parts.stores.executions.count({ action_ref: action, status: 'succeeded' });

async function shared(measured: Measured, runners: number): Promise<Row> {
  const { parts } = measured;
  const before = await countOf(measured, 'core.noop');
  const since = new Date();
  await post(measured, SHARED, 20, () => ({ action: 'core.noop' }));
  await untilEnded(measured, 'core.noop', before + SHARED);
  const ran = await parts.stores.executions.find(
    { action_ref: 'core.noop', start_timestamp: { $gte: since } },
    { include: ['runner_info', 'end_timestamp'] },
  );
  const shares = new Map<unknown, number>();
  for (const { runner_info: info } of ran) shares.set(info?.pid, (shares.get(info?.pid) ?? 0) + 1);
  const last = Math.max(...ran.map(({ end_timestamp: end }) => end?.getTime() ?? 0));
  const rate = SHARED / ((last - since.getTime()) / 1_000);
  const parted = [...shares.values()].map((share) => `${((100 * share) / ran.length).toFixed(0)} %`);
  return {
    what: `${SHARED} core.noop by 20 clients, ${runners} runner processes`,
    value: `${rate.toFixed(0)}/s; shares ${parted.join(', ')}`,
  };
}

/** The same number of requests by way of nginx: what of them each API has worked on shows in its use of the CPU. */
async function severalApis(measured: Measured): Promise<Row> {
  const { infrastructure, services } = measured;
  const what = `${SHARED} core.noop by 20 clients, ${APIS} st2api behind nginx`;
  const address = await startSeveralApis(infrastructure, services, APIS);
  if (address === undefined) return { what, value: 'not measured: there is no nginx on this machine' };
  const headers = { 'x-auth-token': await services.token(), 'content-type': 'application/json' };
  const send = async (body: object) => {
    const url = `${address}/v1/executions`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  };
  const before = await countOf(measured, 'core.noop');
  const costs = await processCosts(infrastructure.folder);
  const began = performance.now();
  const { refused } = await postBy(send, SHARED, 20, () => ({ action: 'core.noop' }));
  await untilEnded(measured, 'core.noop', before + SHARED - refused.length);
  const rate = SHARED / ((performance.now() - began) / 1_000);
  const used = cpuBetween(costs, await processCosts(infrastructure.folder));
  const each = [...used].filter(([name]) => name.startsWith('st2api')).map(([, seconds]) => `${seconds.toFixed(1)} s`);
  return {
    what,
    value: `${rate.toFixed(0)}/s, ${refused.length} refused; CPU of each ${each.join(', ')}`,
    mark: 'none refused',
    met: refused.length === 0,
  };
}

/** Reads the memory of all processes now and then until `work` is done. @returns the most that each of the named had, MiB */
async function watchMemory<T>(
  folder: string,
  names: readonly string[],
  work: Promise<T>,
): Promise<readonly [T, string]> {
  const most = new Map<string, number>();
  const look = (costs: readonly ProcessCost[]) => {
    for (const { name, pss } of costs) most.set(name, Math.max(most.get(name) ?? 0, pss));
  };
  const timer = setInterval(() => void processCosts(folder).then(look), 2_000);
  const result = await work.finally(() => clearInterval(timer));
  const shown = names.map((name) => `${name} ${most.get(name)?.toFixed(0) ?? '?'}`);
  return [result, `${shown.join(', ')} MiB`];
}

async function flood(measured: Measured): Promise<Row[]> {
  const { infrastructure, parts } = measured;
  const before = await countOf(measured, 'core.noop');
  const began = performance.now();
  const work = (async () => {
    const asked = await post(measured, FLOOD, FLOOD_CLIENTS, () => ({ action: 'core.noop' }));
    await untilEnded(measured, 'core.noop', before + FLOOD - asked.refused.length);
    return asked;
  })();
  const names = ['st2api', 'st2scheduler', 'st2actionrunner', 'rabbitmq', 'mongodb'];
  const [{ seconds, refused }, memory] = await watchMemory(infrastructure.folder, names, work);
  const drained = (performance.now() - began) / 1_000;
  const others = await parts.stores.executions.count({ action_ref: 'core.noop', status: { $ne: 'succeeded' } });
  return [
    {
      what: `${FLOOD} executions posted at once by ${FLOOD_CLIENTS} clients`,
      value: `taken ${(FLOOD / seconds).toFixed(0)}/s, ${refused.length} refused; all ended after ${drained.toFixed(0)} s`,
      mark: 'all taken end',
      met: others === 0,
    },
    { what: 'the most memory therein', value: memory },
  ];
}

async function inFlight(measured: Measured): Promise<Row[]> {
  const { infrastructure, services, parts } = measured;
  const began = performance.now();
  await post(measured, CALIBRATED, STARTING_CLIENTS, () => wait(1));
  await untilEnded(measured, 'bench.wait', CALIBRATED);
  // All end together, once the last has begun, with time to spare.
  const end = Date.now() + 60_000 + 2 * ((performance.now() - began) / CALIBRATED) * IN_FLIGHT;
  const work = (async () => {
    await post(measured, IN_FLIGHT, STARTING_CLIENTS, () => wait(Math.max(1, Math.ceil((end - Date.now()) / 1_000))));
    const running = () => parts.stores.executions.count({ action_ref: 'bench.wait', status: 'running' });
    await waitFor(async () => (await running()) === IN_FLIGHT, {
      what: `${IN_FLIGHT} running workflows`,
      timeoutMs: end - Date.now(),
      intervalMs: 500,
    });
  })();
  const names = ['mistral-server', 'st2resultstracker', 'st2actionrunner', 'temporal', 'mongodb'];
  for (const name of DOUBLED) await services.startAnother(name);
  const before = await processCosts(infrastructure.folder);
  const [, memory] = await watchMemory(infrastructure.folder, names, work);
  const asked = performance.now();
  await services.request('GET', '/executions?limit=1');
  const answered = performance.now() - asked;
  const [, atEnd] = await watchMemory(
    infrastructure.folder,
    names,
    untilEnded(measured, 'bench.wait', CALIBRATED + IN_FLIGHT),
  );
  const used = cpuBetween(before, await processCosts(infrastructure.folder));
  const parted = DOUBLED.map((name) => {
    const both = [...used].filter(([process]) => process.startsWith(name)).map(([, seconds]) => seconds.toFixed(0));
    return `${name} ${both.join(' + ')} s`;
  });
  return [
    {
      what: `${IN_FLIGHT} workflows in flight: the most memory`,
      value: memory,
      compared: `a list of one then ${answered.toFixed(0)} ms`,
    },
    {
      what: 'until all have ended, due at the same second',
      value: `${((Date.now() - end) / 1_000).toFixed(0)} s; the most memory ${atEnd}`,
    },
    { what: 'CPU of each of two processes therein', value: parted.join(', ') },
  ];
}

const wait = (seconds: number) => ({ action: 'bench.wait', parameters: { seconds } });
