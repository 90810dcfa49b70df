/** Which tasks and engine commands follow a completed task (Mistral: `DirectWorkflowController._find_next_tasks`). */
import { pyTruth } from '../../core/python/equality.ts';
import type { TransitionIr } from '../../workflow-translator/ir.ts';
import { type Context, EMPTY_CONTEXT, mergeContexts, publishInto } from './context.ts';
import { type Clause, transitionsOf } from './graph.ts';
import { type Machine, specOf } from './machine.ts';
import type { TaskCommand, TaskRecord } from './records.ts';
import { evaluateTemplate, evaluateText, taskScope } from './scope.ts';

/** Context that a task hands on. */
export function outboundContext(task: TaskRecord): Context {
  return publishInto(task.in_context, task.published);
}

/** Merges what the given tasks hand on, in the order that Mistral takes: the one created last, then the others as they were created. */
export function mergeOutbound(tasks: readonly TaskRecord[]): Context {
  const byCreation = [...tasks].sort((left, right) => left.index - right.index);
  const last = byCreation.pop();
  const first = last === undefined ? EMPTY_CONTEXT : outboundContext(last);
  return byCreation.map(outboundContext).reduce(mergeContexts, first);
}

/** Evaluates the conditions of all clauses that apply; they see what the task has just published. */
export function findDirectCommands(machine: Machine, task: TaskRecord): readonly TaskCommand[] {
  const spec = specOf(machine, task);
  const context = outboundContext(task);
  const scope = taskScope(machine, task, context);
  const passing = (clause: Clause): TaskCommand[] =>
    transitionsOf(spec, clause)
      .filter((transition) => passes(transition))
      .map((transition) => toCommand(transition, clause));
  const passes = (transition: TransitionIr): boolean =>
    transition.condition === undefined || pyTruth(evaluateText(transition.condition, scope));
  const toCommand = (transition: TransitionIr, clause: Clause): TaskCommand => {
    const handles_error = clause === 'on-error';
    if (transition.command === undefined) {
      const triggered_by = [{ task_id: task.id, event: clause }];
      return { kind: 'run', task: transition.to, context, triggered_by, handles_error };
    }
    const params = evaluateTemplate(transition.command.params ?? {}, scope) as Readonly<Record<string, unknown>>;
    return { kind: 'engine', name: transition.command.name, message: params.msg ?? null, handles_error };
  };
  return commandsOf(task, passing);
}

function commandsOf(task: TaskRecord, passing: (clause: Clause) => TaskCommand[]): TaskCommand[] {
  switch (task.state) {
    case 'ERROR':
      return [...passing('on-error'), ...passing('on-complete')];
    case 'SUCCESS':
      return [...passing('on-success'), ...passing('on-complete')];
    case 'SKIPPED': {
      const skipped = passing('on-skip');
      return skipped.length > 0 ? skipped : passing('on-success');
    }
    default:
      return [];
  }
}
