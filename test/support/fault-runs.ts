/** Workflows that are under way while something is killed, and the check that they came out right. */
import assert from 'node:assert/strict';
import { descendantsOf, type ExecutionAnswer, endOf, requestExecution } from './executions.ts';
import { actionCounts, type FaultPack } from './fault-pack.ts';
import type { RunningServices } from './running-services.ts';
import { waitFor } from './wait-for.ts';

/** Some runs of one workflow. */
export interface FaultRuns {
  readonly ids: readonly string[];
  /** Resolves when each of them has run at least that many actions. */
  underWay(marks: number): Promise<void>;
  /** Each ends as `succeeded`, with every action run once and each run on record. */
  endWell(timeoutMs?: number): Promise<void>;
}

let runCounter = 0;

/** Starts a workflow of the pack some times at once. */
export async function startRuns(
  services: RunningServices,
  pack: FaultPack,
  workflow: keyof typeof actionCounts,
  times: number,
): Promise<FaultRuns> {
  const names = Array.from({ length: times }, () => {
    runCounter += 1;
    return `run-${runCounter}`;
  });
  const started = await Promise.all(
    names.map((name) => requestExecution(services, `faultpack.${workflow}`, { marks: pack.markFile(name) })),
  );
  const ids = started.map(({ id }) => id);
  return {
    ids,
    async underWay(marks) {
      const counts = () => Promise.all(names.map(async (name) => (await pack.marks(name)).length));
      const reached = async () => (await counts()).every((count) => count >= marks);
      await waitFor(reached, { what: `${marks} actions of each workflow to have run`, intervalMs: 20 });
    },
    async endWell(timeoutMs) {
      const ended = await Promise.all(ids.map((id) => endOf(services, id, timeoutMs)));
      for (const [index, execution] of ended.entries()) {
        assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result));
        const children = await descendantsOf(services, execution.id);
        assert.equal(children.length, actionCounts[workflow], 'executions on record');
        assertSeen(await pack.marks(names[index] ?? ''), children);
        assert.deepEqual(new Set(children.map(({ status }) => status)), new Set(['succeeded']));
      }
    },
  };
}

/** No action ran twice, and none without an execution that says so. */
export function assertSeen(marks: readonly string[], executions: readonly ExecutionAnswer[]): void {
  const ran = executions.filter(({ log }) => log.some(({ status }) => status === 'running'));
  assert.deepEqual(
    [...marks].sort(),
    ran.map(({ id }) => id).sort(),
    'runs of actions and executions that say they ran',
  );
}
