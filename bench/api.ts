/** The APIs: what reading costs as executions pile up, what making one costs, and how late events reach many clients. */
import type { Bus } from '../platform/bus/bus.ts';
import { createBus } from '../platform/bus/create-bus.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { createLogger } from '../platform/logging/create-logger.ts';
import { connectMongo } from '../platform/mongo/connect-mongo.ts';
import { newId } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import { createStores, type Stores } from '../stores/stores.ts';
import { type Provisioned, provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { measureInTurn } from './measure.ts';
import type { Row } from './report.ts';
import { measureStream } from './stream.ts';

const FEW = 1_000;
const MANY = 100_000;
const BATCH = 1_000;
/** Requests that one measured run makes, so that it lasts longer than the clock is coarse. */
const REQUESTS = 20;
const POSTS = 200;
const AT_ONCE = 8;

/** Measures and returns the rows. @param runs counted runs of each request */
export async function benchApi(runs: number): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true, parts: ['mongodb', 'bus'] });
  try {
    const few = await startSystem(infrastructure, FEW);
    const many = await startSystem(infrastructure, MANY);
    const rows = await reading(few, many, runs);
    rows.push(await making(many, runs));
    rows.push(await measureStream(infrastructure, many));
    for (const system of [few, many]) await system.stop();
    return rows;
  } finally {
    await infrastructure.stop();
  }
}

/** Measures the stream alone, with few stored executions. */
export async function benchStream(): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true, parts: ['mongodb', 'bus'] });
  try {
    const system = await startSystem(infrastructure, FEW);
    const row = await measureStream(infrastructure, system);
    await system.stop();
    return [row];
  } finally {
    await infrastructure.stop();
  }
}

/** An API with a database of its own. */
interface System {
  readonly services: RunningServices;
  readonly stores: Stores;
  readonly bus: Bus;
  readonly sample: Execution;
  /** Id of one of the stored executions. */
  readonly one: string;
  stop(): Promise<void>;
}

async function startSystem(infrastructure: Provisioned, stored: number): Promise<System> {
  const name = `_${stored}`;
  const uri = `${infrastructure.env.ST2_DATABASE__URI}${name}`;
  const prefix = `${infrastructure.env.ST2_MESSAGING__PREFIX ?? ''}${name}`;
  const services = await startServices(infrastructure, {
    only: ['st2api', 'st2auth', 'st2stream'],
    env: { ST2_DATABASE__URI: uri, ST2_MESSAGING__PREFIX: prefix },
  });
  const config = loadConfig(services.env);
  const logger = createLogger('bench', 'error');
  const connection = await connectMongo(config, logger);
  const bus = createBus(config, logger);
  await bus.start();
  const stores = createStores(connection);
  const { id } = await services.request<{ id: string }>('POST', '/executions', { action: 'core.noop' });
  const sample = await stores.executions.get(id);
  if (sample === undefined) throw new Error('The sample execution was not stored.');
  const one = await fill(stores, sample, stored);
  return {
    services,
    stores,
    bus,
    sample,
    one,
    async stop() {
      await services.stop();
      await bus.stop();
      await connection.close();
    },
  };
}

const copyOf = (sample: Execution, at: number): Execution => {
  const { idempotency_key: _key, trace_id: _trace, ...rest } = sample;
  const time = new Date(at);
  return {
    ...rest,
    id: newId(),
    liveaction_id: newId(),
    status: 'succeeded',
    start_timestamp: time,
    end_timestamp: time,
    updated_at: time,
    result: { succeeded: true, stdout: 'x'.repeat(200) },
  };
};

async function fill(stores: Stores, sample: Execution, until: number): Promise<string> {
  let last = sample.id;
  for (let count = await stores.executions.count({}); count < until; count += BATCH) {
    const size = Math.min(BATCH, until - count);
    const copies = Array.from({ length: size }, (_, index) =>
      copyOf(sample, Date.now() - (until - count - index) * 1_000),
    );
    await stores.executions.insertMany(copies);
    last = copies.at(-1)?.id ?? last;
  }
  return last;
}

async function reading(few: System, many: System, runs: number): Promise<Row[]> {
  const requests: Readonly<Record<string, (system: System) => string>> = {
    'GET /v1/executions?limit=50': () => '/executions?limit=50',
    'GET /v1/executions as st2 execution list asks': () =>
      '/executions?limit=50&include_attributes=id,action.ref,context.user,status,start_timestamp,end_timestamp&parent=null',
    'GET /v1/executions/{id}': ({ one }) => `/executions/${one}`,
    'GET /v1/executions/views/filters': () => '/executions/views/filters',
  };
  const rows: Row[] = [];
  for (const [what, pathOf] of Object.entries(requests)) {
    const ask = (system: System) => async () => {
      for (let turn = 0; turn < REQUESTS; turn += 1) await system.services.request('GET', pathOf(system));
    };
    const [small, large] = await measureInTurn(runs, [ask(few), ask(many)]);
    const ratio = large.median / small.median;
    rows.push({
      what: `${what}, ${MANY} stored`,
      value: ms(large.median / REQUESTS),
      compared: `${FEW} stored ${ms(small.median / REQUESTS)}`,
      ratio,
      mark: '≤ 1.50',
      met: ratio <= 1.5,
    });
  }
  return rows;
}

/** Several at once: each of them waits for the database most of its time. */
async function repeat(times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function making({ services, stores, sample }: System, runs: number): Promise<Row> {
  const body = { action: 'core.noop' };
  const twoInserts = async () => {
    await stores.executions.insert(copyOf(sample, Date.now()));
    await stores.traces.insert({ id: newId(), trace_tag: 'bench', start_timestamp: new Date(), action_executions: [] });
  };
  const [ours, bare] = await measureInTurn(runs, [
    () => repeat(POSTS, () => services.request('POST', '/executions', body)),
    () => repeat(POSTS, twoInserts),
  ]);
  const perSecond = (POSTS * 1_000) / ours.median;
  const ratio = ours.median / bare.median;
  return {
    what: 'POST /v1/executions',
    value: `${perSecond.toFixed(0)}/s`,
    compared: `two bare inserts ${((POSTS * 1_000) / bare.median).toFixed(0)}/s`,
    ratio,
    mark: '≥ 300/s or ≤ 1.50',
    met: perSecond >= 300 || ratio <= 1.5,
  };
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
