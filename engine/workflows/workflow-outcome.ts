/** How the run of a Temporal workflow ends: with the output, or with a failure that carries the execution's state. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { ExecutionView } from '../conductor/contract.ts';

/** @returns the output of an execution that succeeded @throws ApplicationFailure for one that did not */
export function outcomeOf({ state, state_info, output, started }: ExecutionView): unknown {
  if (state === 'SUCCESS') return output;
  throw ApplicationFailure.create({
    message: state_info ?? `The workflow ended in state ${state}.`,
    type: state === 'CANCELLED' ? 'Cancelled' : 'WorkflowError',
    nonRetryable: true,
    details: [{ state, state_info, output, started }],
  });
}

/** The end of an execution that an error of ours has broken off. */
export function brokenOff(reason: string, output: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    message: reason,
    type: 'InternalError',
    nonRetryable: true,
    details: [{ state: 'ERROR', state_info: reason, output }],
  });
}
