import { ApplicationFailure } from '@temporalio/common';
import { ACTION_FAILURE, type ActionOutcome } from '../../core/action-outcome.ts';

/** The failure by which an action that did not succeed ends its activity. */
export function actionFailure(outcome: ActionOutcome): ApplicationFailure {
  return ApplicationFailure.create({
    message: `The action ended as ${outcome.status}.`,
    type: ACTION_FAILURE,
    nonRetryable: true,
    details: [outcome],
  });
}
