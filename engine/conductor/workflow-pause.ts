/** Pausing: running actions finish and their tasks complete, but nothing follows. */
import { emit, type Machine } from './machine.ts';
import { isPausedOrCompleted } from './states.ts';
import { setWorkflowState } from './workflow-state.ts';

/** Pauses the workflows below and then this one; an ended one stays as it is. */
export function pauseWorkflow(machine: Machine, message: string | null): void {
  if (isPausedOrCompleted(machine.workflow.state)) return;
  for (const run of machine.openSubWorkflows) {
    if (run.state !== 'PAUSED') emit(machine, { type: 'workflow.pause', id: run.id });
  }
  setWorkflowState(machine, 'PAUSED', message);
}
