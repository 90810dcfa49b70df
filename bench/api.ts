/** The APIs: what reading costs as executions pile up, what making one costs, and how late events reach many clients. */
import http from 'node:http';
import { createBus } from '../platform/bus/create-bus.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { createLogger } from '../platform/logging/create-logger.ts';
import { connectMongo } from '../platform/mongo/connect-mongo.ts';
import { newId } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import { createStores, type Stores } from '../stores/stores.ts';
import { provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { measure, measurePair } from './measure.ts';
import type { Row } from './report.ts';

const FEW = 1_000;
const MANY = 100_000;
const BATCH = 1_000;
/** Requests that one measured run makes, so that it lasts longer than the clock is coarse. */
const REQUESTS = 20;
const POSTS = 200;
const AT_ONCE = 8;
const CLIENTS = 500;
const EVENTS_PER_SECOND = 100;
const EVENT_SECONDS = 10;

/** Measures and returns the rows. @param runs counted runs of each request */
export async function benchApi(runs: number): Promise<Row[]> {
  const infrastructure = await provisioned({ own: true, parts: ['mongodb', 'bus'] });
  try {
    const services = await startServices(infrastructure, { only: ['st2api', 'st2auth', 'st2stream'] });
    const config = loadConfig(services.env);
    const logger = createLogger('bench', 'error');
    const connection = await connectMongo(config, logger);
    const bus = createBus(config, logger);
    const stores = createStores(connection);
    const { id } = await services.request<{ id: string }>('POST', '/executions', { action: 'core.noop' });
    const sample = await stores.executions.get(id);
    if (sample === undefined) throw new Error('The sample execution was not stored.');

    const rows = await reading(services, stores, sample, runs);
    rows.push(await making(services, stores, sample, runs));
    await bus.start();
    rows.push(await streaming(services, stores, (message) => bus.publish('st2.execution', 'update', message)));
    await bus.stop();
    await connection.close();
    await services.stop();
    return rows;
  } finally {
    await infrastructure.stop();
  }
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

async function reading(services: RunningServices, stores: Stores, sample: Execution, runs: number): Promise<Row[]> {
  const times = new Map<string, number[]>();
  for (const until of [FEW, MANY]) {
    const one = await fill(stores, sample, until);
    const requests = {
      'GET /v1/executions?limit=50': '/executions?limit=50',
      'GET /v1/executions?limit=50, as st2 execution list asks':
        '/executions?limit=50&include_attributes=id,action.ref,context.user,status,start_timestamp,end_timestamp&parent=null',
      'GET /v1/executions/{id}': `/executions/${one}`,
    };
    for (const [what, path] of Object.entries(requests)) {
      const { median } = await measure(runs, async () => {
        for (let turn = 0; turn < REQUESTS; turn += 1) await services.request('GET', path);
      });
      times.set(what, [...(times.get(what) ?? []), median / REQUESTS]);
    }
  }
  return [...times].map(([what, [few = Number.NaN, many = Number.NaN]]) => ({
    what: `${what}, ${MANY} stored`,
    value: ms(many),
    compared: `${FEW} stored ${ms(few)}`,
    ratio: many / few,
    mark: '≤ 1.50',
    met: many / few <= 1.5,
  }));
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

async function making(services: RunningServices, stores: Stores, sample: Execution, runs: number): Promise<Row> {
  const body = { action: 'core.noop' };
  const twoInserts = async () => {
    await stores.executions.insert(copyOf(sample, Date.now()));
    await stores.traces.insert({ id: newId(), trace_tag: 'bench', start_timestamp: new Date(), action_executions: [] });
  };
  const [ours, bare] = await measurePair(
    runs,
    () => repeat(POSTS, () => services.request('POST', '/executions', body)),
    () => repeat(POSTS, twoInserts),
  );
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

type Publish = (message: { readonly id: string; readonly status: string }) => void;

/** Lag of an event: from its publication to its arrival at the client that gets it last. */
async function streaming(services: RunningServices, stores: Stores, publish: Publish): Promise<Row> {
  const ids = (await stores.executions.find({}, { include: ['id'], limit: EVENTS_PER_SECOND * EVENT_SECONDS })).map(
    (one) => one.id,
  );
  const published = new Map<string, number>();
  let slowest = 0;
  let arrived = 0;
  const token = await services.token();
  const url = `${services.streamUrl}/v1/stream?events=st2.execution__update&x-auth-token=${token}`;
  const agent = new http.Agent({ maxSockets: CLIENTS });
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () =>
      connect(url, agent, (id) => {
        const since = published.get(id);
        if (since === undefined) return;
        arrived += 1;
        slowest = Math.max(slowest, performance.now() - since);
      }),
    ),
  );
  const began = performance.now();
  for (const [index, id] of ids.entries()) {
    const wait = began + (index * 1_000) / EVENTS_PER_SECOND - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    published.set(id, performance.now());
    publish({ id, status: 'succeeded' });
  }
  const expected = ids.length * CLIENTS;
  const deadline = performance.now() + 30_000;
  while (arrived < expected && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  for (const client of clients) client.destroy();
  agent.destroy();
  return {
    what: `${CLIENTS} clients of the stream, ${EVENTS_PER_SECOND} events/s: greatest lag`,
    value: `${ms(slowest)}, ${((100 * arrived) / expected).toFixed(1)} % arrived`,
    mark: '≤ 1 s',
    met: slowest <= 1_000 && arrived === expected,
  };
}

/** One client of the stream; tells the execution of each event. */
function connect(url: string, agent: http.Agent, onEvent: (id: string) => void): Promise<http.ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent }, (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          // The execution's own id is the last attribute.
          const id = line.startsWith('data: ') ? line.slice(-26, -2) : '';
          if (id !== '') onEvent(id);
        }
      });
      resolve(request);
    });
    request.once('error', reject);
  });
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
