/** Changes of the workflow's own state. */
import { ConflictError } from '../../core/errors.ts';
import type { MistralState } from './contract.ts';
import { emit, type Machine, touch } from './machine.ts';
import { isCompleted, isValidTransition } from './states.ts';

/**
 * Sets the state and tells the host. A final state stops all timers: they are armed again when the execution is rerun.
 * @throws ConflictError when the move is not allowed
 */
export function setWorkflowState(machine: Machine, state: MistralState, info: string | null, output?: unknown): void {
  const { workflow, journal, identity } = machine;
  if (!isValidTransition(workflow.state, state)) {
    const place = `[workflow=${identity.workflow_name}, execution_id=${identity.id}]`;
    throw new ConflictError(`Can't change workflow execution state from ${workflow.state} to ${state}. ${place}`);
  }
  const changed = workflow.state !== state;
  journal.set(workflow, 'state', state);
  journal.set(workflow, 'state_info', info);
  if (output !== undefined) journal.set(workflow, 'output', output);
  touch(machine);
  if (!changed && !isCompleted(state)) return;
  if (isCompleted(state)) {
    for (const id of machine.timers.keys()) emit(machine, { type: 'timer.cancel', id });
  }
  emit(machine, { type: 'state.changed', state, state_info: info, ...(output === undefined ? {} : { output }) });
}
