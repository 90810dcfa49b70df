import { getExternalWorkflowHandle, log, workflowInfo } from '@temporalio/workflow';
import { isFinalState, type WorkflowArguments } from '../contract.ts';

/** A state of a sub-workflow that its parent may have to know. */
export interface StateNews {
  readonly state: string;
  readonly state_info: string | null;
  readonly output: unknown;
  /** How many states it had before. */
  readonly number: number;
}

/**
 * Tells the parent workflow that this one is paused, runs again, or is decided while some of its actions still run: the end itself it
 * hears from Temporal. A parent that is gone is no failure.
 */
export async function tellParent(
  args: WorkflowArguments,
  { state, state_info, output, number }: StateNews,
  isLingering: boolean,
): Promise<void> {
  const run = args.parent_run;
  if (run === undefined || workflowInfo().parent === undefined) return;
  if (isFinalState(state) ? !isLingering : state !== 'PAUSED' && state !== 'RUNNING') return;
  try {
    await getExternalWorkflowHandle(run.workflow_id).signal('subWorkflowUpdated', {
      id: run.run_id,
      state,
      output,
      state_info,
      mark: { from: workflowInfo().runId, number },
    });
  } catch (error) {
    log.warn('the parent workflow could not be told', { reason: String(error) });
  }
}
