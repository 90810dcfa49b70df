import type { Client } from '@temporalio/client';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';
import { diagnoseWorkflow } from './diagnose-workflow.ts';
import type { Finding } from './finding.ts';

const AT_MOST = 500;

type Reason = { readonly why: string; readonly advice: string } | undefined;

/**
 * Looks at the executions that have not changed for some time. One that runs on a living runner, waits for a time that was asked for, or
 * for other executions, is not stuck.
 */
export async function diagnoseExecutions(stores: Stores, client: Client, quietMs: number): Promise<readonly Finding[]> {
  const unfinished = await stores.executions.find(
    { status: { $nin: COMPLETED_STATUSES }, updated_at: { $lt: new Date(Date.now() - quietMs) } },
    { sort: { updated_at: 1 }, limit: AT_MOST, exclude: ['result'] },
  );
  const findings: Finding[] = [];
  for (const execution of unfinished) {
    const reason = await reasonOf(stores, client, execution);
    if (reason === undefined) continue;
    const { id, action_ref: action, status, updated_at: since } = execution;
    findings.push({ execution: { id, action, status, since }, ...reason });
  }
  return findings;
}

async function reasonOf(stores: Stores, client: Client, execution: Execution): Promise<Reason> {
  const { id, status, lease, due_at } = execution;
  if (lease !== undefined) return diagnoseLease(lease);
  switch (status) {
    case 'requested':
      return {
        why: 'It was requested, and neither an action runner nor a scheduler has taken it.',
        advice:
          'See that st2actionrunner and st2scheduler run, and the depths of st2.actionrunner.work and st2.actionrunner.req.',
      };
    case 'delayed':
      if (due_at !== undefined && due_at.getTime() > Date.now()) return undefined;
      return { why: 'Its time has come, and no scheduler has taken it.', advice: 'See that st2scheduler runs.' };
    case 'scheduled':
      return {
        why: 'It was scheduled, and no action runner has taken it: none runs, or all are busy.',
        advice: 'Start more of st2actionrunner, or raise ST2_ACTIONRUNNER__ACTIONS_POOL_SIZE.',
      };
    case 'paused':
      return { why: 'It is paused.', advice: `Go on with it: st2 execution resume ${id}` };
    case 'pending':
      return { why: 'It waits for an answer.', advice: `Give one: st2 inquiry respond ${id}` };
    default:
      if (execution.runner_type === 'mistral-v2') return await diagnoseWorkflow(stores, client, execution);
      return {
        why: `It is ${status}, and no action runner holds it.`,
        advice: `Cancel it: st2 execution cancel ${id}`,
      };
  }
}

function diagnoseLease({ owner, expires_at }: NonNullable<Execution['lease']>): Reason {
  const silentMs = Date.now() - expires_at.getTime();
  if (silentMs < 0) return undefined;
  return {
    why: `Its action runner ${owner} has given no sign of life since its lease ended ${Math.round(silentMs / 1_000)} s ago.`,
    advice: 'The scheduler ends it as abandoned and tells its workflow: see that st2scheduler runs.',
  };
}
