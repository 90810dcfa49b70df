/**
 * The whole path (API → bus → runner → Temporal → result) against a bare Temporal workflow with asynchronous activities, on the
 * same server, in turn.
 */
import type { RunningServices } from '../test/support/running-services.ts';
import { type Bare, startBare, warmUp } from './bare/bare-temporal.ts';
import { type Shape, workflowName } from './bench-pack.ts';
import { measure, measureInTurn, median, percentile, type Work } from './measure.ts';
import { measureOwnSystem } from './own-system.ts';
import type { Row } from './report.ts';
import { runToSuccess } from './run-to-success.ts';

/** Shape, tasks, and how many times the asked runs are made: the shorter, the more a single one says by chance. */
const SHAPES: readonly (readonly [Shape, number, number])[] = [
  ['linear', 10, 4],
  ['linear', 50, 2],
  ['linear', 200, 0.6],
  ['fan-out', 10, 4],
  ['fan-out', 50, 3],
  ['fan-out', 100, 2],
  ['fan-out', 1_000, 0.6],
];
/** What warms up what a task runs through, and what a workflow as such runs through. */
const LONG: readonly (readonly [Shape, number])[] = [
  ['linear', 50],
  ['fan-out', 50],
];
const SHORT: readonly (readonly [Shape, number])[] = [
  ['linear', 10],
  ['fan-out', 10],
];
/** Until the start and the end of a workflow cost no less CPU from run to run. */
const SHORT_WARM_UPS = 400;
/** Not measured against bare Temporal. */
const SMALL = 5;

/** Milliseconds that StackStorm 3.9 with Orquesta took for the same on such a machine, and actions a second (DESIGN.md §7). */
const STACKSTORM = { 'linear 10': 3_700, 'linear 50': 23_800, 'fan-out 50': 22_400, one: 204, rate: 9.1 } as const;
const TIMES_FASTER = 10;
/** Executions whose time is taken, alone; twice as many under load. */
const LATENCIES = 200;
/** zigflow's fan-out of 50, on such a machine; milliseconds. */
const ZIGFLOW_FAN_OUT = 2_400;

/** Measures and returns the rows. @param runs counted runs of what is measured; of a shape, times its share */
export function benchWholePath(runs: number): Promise<Row[]> {
  const shapes = [['linear', SMALL] as const, ...SHAPES.map(([shape, count]) => [shape, count] as const)];
  return measureOwnSystem(shapes, async ({ infrastructure, services, startedIn }) => {
    const bare = await startBare(infrastructure);
    await warmUp(services, bare, LONG);
    await warmUp(services, bare, SHORT, SHORT_WARM_UPS);
    const rows: Row[] = [];
    for (const [shape, count, share] of SHAPES) {
      rows.push(...(await compare(services, bare, shape, count, Math.ceil(runs * share))));
    }
    rows.push(await concurrent(services, bare, runs));
    const rate = await throughput(services);
    rows.push(...rate.rows, ...(await latency(services, rate.perSecond / 2)));
    rows.push({
      what: 'services, start to serving',
      value: `${startedIn.toFixed(1)} s`,
      mark: '(part of npm start)',
    });
    return rows;
  });
}

/** Against both ways of bare Temporal, and what others took where that is known. */
async function compare(
  services: RunningServices,
  bare: Bare,
  shape: Shape,
  count: number,
  runs: number,
): Promise<Row[]> {
  const name = workflowName(shape, count);
  const [ours, asynchronous, plain] = await measureInTurn(runs, [
    async () => (await runToSuccess(services, name)).took,
    () => bare(shape, count, 'asynchronous'),
    () => bare(shape, count, 'plain'),
  ]);
  const what = `${shape} ${count}`;
  const ratio = ours.median / asynchronous.median;
  const limit = shape === 'linear' ? 1.5 : 1 / 0.7;
  const rows: Row[] = [
    {
      what: `${what} core.noop`,
      value: ms(ours.median),
      compared: `bare Temporal ${ms(asynchronous.median)}`,
      ratio,
      mark: shape === 'linear' ? '≤ 1.5' : '≤ 1.43 (70 % of the throughput)',
      met: ratio <= limit,
    },
    {
      what: `${what}, against activities that return`,
      value: ms(ours.median),
      compared: `bare Temporal ${ms(plain.median)}`,
      ratio: ours.median / plain.median,
    },
  ];
  const theirs = Object.entries(STACKSTORM).find(([known]) => known === what)?.[1];
  if (theirs !== undefined) rows.push(faster(what, ours.median, theirs));
  if (what === 'fan-out 50') {
    const times = ZIGFLOW_FAN_OUT / ours.median;
    rows.push({
      what: `${what}, times as fast as zigflow`,
      value: times.toFixed(1),
      compared: ms(ZIGFLOW_FAN_OUT),
      mark: '≥ 1',
      met: times >= 1,
    });
  }
  return rows;
}

function faster(what: string, ours: number, theirs: number): Row {
  const times = theirs / ours;
  return {
    what: `${what}, times as fast as StackStorm 3.9`,
    value: times.toFixed(1),
    compared: ms(theirs),
    mark: `≥ ${TIMES_FASTER}`,
    met: times >= TIMES_FASTER,
  };
}

async function concurrent(services: RunningServices, bare: Bare, runs: number): Promise<Row> {
  const many = (one: Work) => async () => {
    const took = await Promise.all(Array.from({ length: 20 }, one));
    const known = took.filter((time) => time !== undefined);
    return known.length > 0 ? Math.max(...known) : undefined;
  };
  const [ours, theirs] = await measureInTurn(runs, [
    many(async () => (await runToSuccess(services, workflowName('linear', SMALL))).took),
    many(() => bare('linear', SMALL, 'asynchronous')),
  ]);
  return {
    what: `20 workflows of ${SMALL} tasks at once`,
    value: ms(ours.median),
    compared: `bare Temporal ${ms(theirs.median)}`,
    ratio: ours.median / theirs.median,
  };
}

/** Posts many at once and counts ends from outside: asking for each one would cost more than running it. */
async function throughput(services: RunningServices): Promise<{ readonly rows: Row[]; readonly perSecond: number }> {
  const actions = 400;
  const measured = await measure(3, async () => {
    const target = (await succeeded(services)) + actions;
    let left = actions;
    const post = async () => {
      while (left-- > 0) await services.request('POST', '/executions', { action: 'core.noop', parameters: {} });
    };
    await Promise.all(Array.from({ length: 20 }, post));
    while ((await succeeded(services)) < target) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const perSecond = actions / (measured.median / 1000);
  const times = perSecond / STACKSTORM.rate;
  const rows: Row[] = [
    {
      what: 'core.noop through the bus, one runner, posted by 20 clients',
      value: `${perSecond.toFixed(0)} actions/s`,
      mark: '≥ 100/s',
      met: perSecond >= 100,
    },
    {
      what: 'actions a second, times as many as StackStorm 3.9',
      value: times.toFixed(1),
      compared: `${STACKSTORM.rate}/s`,
      mark: `≥ ${TIMES_FASTER}`,
      met: times >= TIMES_FASTER,
    },
  ];
  return { rows, perSecond };
}

/** From request to stored end, alone and with so many other requests a second beside it. */
async function latency(services: RunningServices, perSecond: number): Promise<Row[]> {
  const one = async () => {
    const { id } = await runToSuccess(services, 'core.noop');
    const [start, end] = await timesOf(services, id);
    return end - start;
  };
  const quiet: number[] = [];
  for (let run = 0; run < LATENCIES; run += 1) quiet.push(await one());
  const under: number[] = [];
  const posts: Promise<string>[] = [];
  for (let sent = 0; sent < LATENCIES * 2; sent += 1) {
    const due = new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
    const post = services.request<{ id: string }>('POST', '/executions', { action: 'core.noop' });
    posts.push(post.then(({ id }) => id));
    await due;
  }
  const ids = await Promise.all(posts);
  const stored = async () => (await timesOf(services, ids.at(-1) ?? ''))[1] > 0;
  while (!(await stored())) await new Promise((resolve) => setTimeout(resolve, 50));
  for (const id of ids) {
    const [start, end] = await timesOf(services, id);
    under.push(end - start);
  }
  return [
    {
      what: 'core.noop, request to stored end: median (p99)',
      value: `${ms(median(quiet))} (${ms(percentile(quiet, 99))})`,
    },
    faster('one core.noop', median(quiet), STACKSTORM.one),
    {
      what: `the same with ${perSecond.toFixed(0)} requests a second, half of the most`,
      value: `${ms(median(under))} (${ms(percentile(under, 99))})`,
    },
  ];
}

/** Start and end of an execution; an end of 0 where there is none yet. */
async function timesOf(services: RunningServices, id: string): Promise<readonly [number, number]> {
  const execution = await services.request<{ start_timestamp: string; end_timestamp?: string }>(
    'GET',
    `/executions/${id}?include_attributes=start_timestamp,end_timestamp`,
  );
  return [Date.parse(execution.start_timestamp), Date.parse(execution.end_timestamp ?? '') || 0];
}

async function succeeded(services: RunningServices): Promise<number> {
  const query = 'action=core.noop&status=succeeded&limit=1&include_attributes=status';
  const answer = await fetch(`${services.apiUrl}/v1/executions?${query}`, {
    headers: { 'x-auth-token': await services.token() },
  });
  return Number(answer.headers.get('x-total-count'));
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
