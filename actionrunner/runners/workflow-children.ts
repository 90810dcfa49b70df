/** What workflow runners do to the executions under them. */

import { isWorkflowRunner } from '../../action-service/workflow-runners.ts';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import { CANCELABLE_STATUSES, type ExecutionStatus, isActive } from '../../core/statuses.ts';
import type { RunContext } from './contract.ts';

/** Calls `order` for each child that is a workflow in one of the statuses. One that moved on meanwhile is passed over. */
export async function forChildWorkflows(
  context: RunContext,
  statuses: readonly ExecutionStatus[],
  order: (id: string) => Promise<unknown>,
): Promise<void> {
  for (const child of await context.services.actions.children(context.execution.id)) {
    if (!isWorkflowRunner(child.runner_type) || !statuses.includes(child.status)) continue;
    try {
      await order(child.id);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      context.logger.info({ child: child.id, reason: errorMessage(error) }, 'child workflow needs no order any more');
    }
  }
}

/** Cancels the workflows under an execution that is canceled, and withdraws the questions that nobody waits for any more. */
export async function cancelChildren(context: RunContext): Promise<void> {
  const { actions } = context.services;
  await forChildWorkflows(context, CANCELABLE_STATUSES, (id) => actions.cancel(id, context.user));
  for (const { id, status } of await actions.children(context.execution.id)) {
    if (status === 'pending') await actions.changeStatus(id, 'canceled', { from: ['pending'] });
  }
}

/** Whether something under the execution still runs. */
export async function hasActiveChildren(context: RunContext): Promise<boolean> {
  return (await context.services.actions.children(context.execution.id)).some((child) => isActive(child.status));
}
