/**
 * The whole path (API → bus → runner → Temporal → result) against a bare Temporal workflow with asynchronous activities, on the
 * same server, in turn.
 */
import { Client, Connection } from '@temporalio/client';
import { findProgram } from '../cli/project-paths.ts';
import { provisioned } from '../test/support/provisioned.ts';
import { type RunningServices, startServices } from '../test/support/running-services.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { type Shape, workflowName, writeBenchPack } from './bench-pack.ts';
import { measure, measurePair } from './measure.ts';
import type { Row } from './report.ts';
import { runToSuccess } from './run-to-success.ts';

const bareQueue = 'bench-bare';
const WARM_UPS = 4;

/** Measures and returns the rows. @param runs counted runs of each shape */
export async function benchWholePath(runs: number): Promise<Row[]> {
  const shapes: (readonly [Shape, number])[] = [
    ['linear', 5],
    ['linear', 10],
    ['linear', 50],
    ['fan-out', 50],
  ];
  const packs = await temporaryFolder();
  await writeBenchPack(packs.path, shapes);
  const infrastructure = await provisioned({ own: true });
  try {
    const began = performance.now();
    const services = await startServices(infrastructure, { packFolders: [packs.path] });
    const serving = performance.now() - began;
    const bare = await startBare(infrastructure);
    // Services that have run for a while are what is compared: their code is compiled by then.
    for (let run = 0; run < WARM_UPS; run += 1) {
      await runToSuccess(services, workflowName('linear', 50));
      await bare('linear', 50);
    }
    const rows: Row[] = [];
    for (const [shape, count] of shapes.slice(1)) rows.push(await compare(services, bare, shape, count, runs));
    rows.push(await concurrent(services, bare, runs));
    rows.push(await throughput(services));
    rows.push({
      what: 'services, start to serving',
      value: `${(serving / 1000).toFixed(1)} s`,
      mark: '(part of npm start)',
    });
    await services.stop();
    return rows;
  } finally {
    await infrastructure.stop();
    await packs.remove();
  }
}

type Bare = (shape: Shape, count: number) => Promise<void>;

async function startBare(infrastructure: Awaited<ReturnType<typeof provisioned>>): Promise<Bare> {
  const program = findProgram('bench/bare/worker');
  if (program === undefined) throw new Error('The bare worker is not built.');
  infrastructure.processes.start({
    name: 'bench-bare',
    command: program.command,
    args: [...program.args, bareQueue],
    env: { ...process.env, ...infrastructure.env } as Record<string, string>,
  });
  const client = new Client({
    connection: await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS ?? '' }),
  });
  let last = 0;
  return async (shape, count) => {
    last += 1;
    const workflowId = `bare-${shape}-${count}-${last}-${Date.now()}`;
    await client.workflow.execute(shape === 'linear' ? 'linear' : 'fanOut', {
      taskQueue: bareQueue,
      workflowId,
      args: [count],
    });
  };
}

async function compare(services: RunningServices, bare: Bare, shape: Shape, count: number, runs: number): Promise<Row> {
  const name = workflowName(shape, count);
  const [ours, theirs] = await measurePair(
    runs,
    async () => void (await runToSuccess(services, name)),
    () => bare(shape, count),
  );
  return row(`${shape} ${count} core.noop`, ours.median, theirs.median, shape === 'linear');
}

async function concurrent(services: RunningServices, bare: Bare, runs: number): Promise<Row> {
  const many = (one: () => Promise<void>) => async () => {
    await Promise.all(Array.from({ length: 20 }, one));
  };
  const [ours, theirs] = await measurePair(
    runs,
    many(async () => void (await runToSuccess(services, workflowName('linear', 5)))),
    many(() => bare('linear', 5)),
  );
  return row('20 workflows of 5 tasks at once', ours.median, theirs.median, false);
}

function row(what: string, ours: number, theirs: number, marked: boolean): Row {
  const ratio = ours / theirs;
  const figures = { what, value: ms(ours), compared: `bare Temporal ${ms(theirs)}`, ratio };
  return marked ? { ...figures, mark: '≤ 3.00', met: ratio <= 3 } : figures;
}

/** Posts many at once and counts ends from outside: asking for each one would cost more than running it. */
async function throughput(services: RunningServices): Promise<Row> {
  const actions = 400;
  const { median } = await measure(3, async () => {
    const target = (await succeeded(services)) + actions;
    let left = actions;
    const post = async () => {
      while (left-- > 0) await services.request('POST', '/executions', { action: 'core.noop', parameters: {} });
    };
    await Promise.all(Array.from({ length: 20 }, post));
    while ((await succeeded(services)) < target) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const rate = actions / (median / 1000);
  return {
    what: 'core.noop through the bus, one runner, posted by 20 clients',
    value: `${rate.toFixed(0)} actions/s`,
    mark: '≥ 100/s',
    met: rate >= 100,
  };
}

async function succeeded(services: RunningServices): Promise<number> {
  const query = 'action=core.noop&status=succeeded&limit=1&include_attributes=status';
  const answer = await fetch(`${services.apiUrl}/v1/executions?${query}`, {
    headers: { 'x-auth-token': await services.token() },
  });
  return Number(answer.headers.get('x-total-count'));
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
