/** What a record does to an execution from outside. */
import type { ConductorEvent } from '../../engine/conductor/index.ts';
import type { Rehearsal, RehearsalExecution } from '../../engine/conductor/rehearsal.ts';
import { isCompleted } from '../../engine/conductor/states.ts';
import type { Operation } from './record.ts';

const MAX_STEPS = 100_000;

/** Carries the operations out in order; returns why some were refused. */
export function runOperations(
  rehearsal: Rehearsal,
  root: RehearsalExecution,
  operations: readonly Operation[],
): readonly string[] {
  const refusals: string[] = [];
  for (const operation of operations) {
    const refusal = runOperation(rehearsal, root, operation);
    if (refusal !== undefined) refusals.push(refusal);
  }
  return refusals;
}

function runOperation(rehearsal: Rehearsal, root: RehearsalExecution, operation: Operation): string | undefined {
  switch (operation.op) {
    case 'wait':
      waitFor(rehearsal, root, operation);
      return undefined;
    case 'sleep':
      rehearsal.advance(operation.seconds ?? 0);
      return undefined;
    case 'rerun':
    case 'skip': {
      const execution = findExecution(rehearsal, root, operation);
      const refusal = reopenRefusal(execution);
      if (refusal !== undefined) return refusal;
      const task = pathOf(execution, operation.task ?? '');
      const event: ConductorEvent =
        operation.op === 'skip'
          ? { type: 'skip', task }
          : { type: 'rerun', tasks: [{ task, reset: operation.reset ?? true }], env: operation.env };
      rehearsal.send(root, event);
      return undefined;
    }
    case 'complete_action':
      return completeAction(rehearsal, findExecution(rehearsal, root, operation), operation);
    default:
      return changeState(rehearsal, findExecution(rehearsal, root, operation), operation);
  }
}

function waitFor(rehearsal: Rehearsal, root: RehearsalExecution, operation: Operation): void {
  for (let steps = 0; steps < MAX_STEPS && !holds(rehearsal, root, operation); steps += 1) {
    if (!rehearsal.step()) return;
  }
}

function holds(rehearsal: Rehearsal, root: RehearsalExecution, { task, state, in_workflow }: Operation): boolean {
  const among = rehearsal.executions.filter((one) => in_workflow === undefined || one.workflow.name === in_workflow);
  const executions = in_workflow === undefined && task === undefined ? [root] : among;
  return executions.some((execution) => {
    if (task === undefined) return execution.conductor.state === state;
    return execution.conductor.view().tasks.some((one) => one.name === task && one.state === state);
  });
}

function findExecution(rehearsal: Rehearsal, root: RehearsalExecution, { in_workflow }: Operation): RehearsalExecution {
  if (in_workflow === undefined) return root;
  return rehearsal.executions.filter((one) => one.workflow.name === in_workflow).at(-1) ?? root;
}

/** Dotted path of a task from the root execution. */
function pathOf(execution: RehearsalExecution, task: string): string {
  const { parent } = execution;
  return parent === undefined ? task : pathOf(parent.execution, `${parent.run.task_name}.${task}`);
}

/** A workflow that succeeded cannot run again, nor can what is below it. A paused one takes no notice. */
function reopenRefusal({ conductor, parent }: RehearsalExecution): string | undefined {
  if (conductor.state === 'PAUSED') return undefined;
  if (conductor.state === 'SUCCESS') return "Can't change workflow execution state from SUCCESS to RUNNING.";
  return parent === undefined ? undefined : reopenRefusal(parent.execution);
}

function changeState(rehearsal: Rehearsal, execution: RehearsalExecution, operation: Operation): string | undefined {
  const { state } = execution.conductor;
  const { message, env } = operation;
  switch (operation.op) {
    case 'pause':
      if (isCompleted(state)) return `Can't change workflow execution state from ${state} to PAUSED.`;
      rehearsal.send(execution, { type: 'pause' });
      return undefined;
    case 'resume':
      rehearsal.send(execution, { type: 'resume', env });
      return undefined;
    case 'cancel':
      rehearsal.send(execution, { type: 'cancel', message });
      return undefined;
    default: {
      const wanted = operation.state;
      if (wanted !== 'SUCCESS' && wanted !== 'ERROR' && wanted !== 'CANCELLED') return `No final state: ${wanted}`;
      if (wanted === 'SUCCESS' && ['PAUSED', 'ERROR', 'CANCELLED'].includes(state)) {
        return `Can't change workflow execution state from ${state} to SUCCESS.`;
      }
      rehearsal.send(execution, { type: 'stop', state: wanted, message });
      return undefined;
    }
  }
}

function completeAction(rehearsal: Rehearsal, execution: RehearsalExecution, operation: Operation): string | undefined {
  const runs = [...execution.pendingActions.values()];
  const run = runs.find(
    (one) => one.task_name === operation.task && (operation.index === undefined || one.item_index === operation.index),
  );
  if (run === undefined) return `No action of task ${operation.task} is waiting.`;
  execution.pendingActions.delete(run.id);
  const { id } = run;
  if ('error' in operation && operation.error !== null) {
    rehearsal.send(execution, { type: 'action.completed', id, state: 'ERROR', result: operation.error });
  } else if (operation.cancel !== undefined && operation.cancel !== false) {
    rehearsal.send(execution, { type: 'action.completed', id, state: 'CANCELLED', result: null });
  } else {
    rehearsal.send(execution, { type: 'action.completed', id, state: 'SUCCESS', result: operation.result ?? null });
  }
  return undefined;
}
