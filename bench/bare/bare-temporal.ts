import { Client, Connection } from '@temporalio/client';
import { findProgram } from '../../cli/project-paths.ts';
import type { Provisioned } from '../../test/support/provisioned.ts';
import type { RunningServices } from '../../test/support/running-services.ts';
import { type Shape, workflowName } from '../bench-pack.ts';
import { runToSuccess } from '../run-to-success.ts';

/** Name of the worker's process. */
export const BARE_WORKER = 'bench-bare';

/** How an activity of bare Temporal ends: through a client, as ours do, or by returning. */
export type Way = 'asynchronous' | 'plain';

/** Runs a workflow of this shape on bare Temporal to its end. */
export type Bare = (shape: Shape, count: number, way: Way) => Promise<void>;

/** Runs until a task of a long workflow costs no less CPU from run to run, which is when V8 has compiled what a task runs through. */
const WARM_UPS = 40;

/** Starts the yardstick's worker on the Temporal of the services. It ends with the infrastructure. */
export async function startBare(infrastructure: Provisioned): Promise<Bare> {
  const program = findProgram('bench/bare/worker');
  if (program === undefined) throw new Error('The bare worker is not built.');
  infrastructure.processes.start({
    name: BARE_WORKER,
    command: program.command,
    args: [...program.args, BARE_WORKER],
    env: { ...process.env, ...infrastructure.env } as Record<string, string>,
  });
  const client = new Client({
    connection: await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS ?? '' }),
  });
  let last = 0;
  return async (shape, count, way) => {
    last += 1;
    const workflowId = `bare-${shape}-${count}-${last}-${Date.now()}`;
    await client.workflow.execute(shape === 'linear' ? 'linear' : 'fanOut', {
      taskQueue: BARE_WORKER,
      workflowId,
      args: [count, way],
    });
  };
}

/** Runs each of the shapes in all ways, in turn, until both sides are warm: what has run for a while is what is compared. */
export async function warmUp(
  services: RunningServices,
  bare: Bare,
  shapes: readonly (readonly [Shape, number])[],
  runs = WARM_UPS,
): Promise<void> {
  for (let run = 0; run < runs; run += 1) {
    for (const [shape, count] of shapes) {
      await runToSuccess(services, workflowName(shape, count));
      for (const way of ['asynchronous', 'plain'] as const) await bare(shape, count, way);
    }
  }
}
