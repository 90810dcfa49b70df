/** Runs one recorded case in memory, on a virtual clock, and reports the outcome in the words of the record. */
import { errorCode, errorMessage } from '../../core/errors.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import type { TaskView } from '../../engine/conductor/index.ts';
import {
  createRehearsal,
  type Rehearsal,
  type RehearsalExecution,
  type RehearsalOptions,
} from '../../engine/conductor/rehearsal.ts';
import { isCompleted } from '../../engine/conductor/states.ts';
import { type DocumentIr, parseDefinition } from '../../workflow-translator/index.ts';
import { createAnswers } from './answers.ts';
import { runOperations } from './operations.ts';
import type { RunOutcome, RunRecord, StartRefused, SubOutcome, TaskOutcome } from './record.ts';

/** More deliveries than this are a workflow that never ends. */
const MAX_STEPS = 200_000;

/** @param conductorFor puts something around the conductors, for tests */
export function runRecord(
  record: RunRecord,
  conductorFor?: RehearsalOptions['conductorFor'],
): RunOutcome | StartRefused {
  const documents = [
    ...(record.extra_definitions ?? []).map((one) => parseDefinition(one.definition, { kind: one.kind })),
    parseDefinition(record.definition, { kind: record.kind }),
  ];
  const answer = createAnswers(record.action_results ?? {});
  const rehearsal = createRehearsal({ ...registered(documents), answer, conductorFor });
  let root: RehearsalExecution;
  try {
    root = rehearsal.start(record.workflow, record.input, record.params);
  } catch (error) {
    if (errorCode(error) !== 'VALIDATION') throw error;
    return { start_error: true, message: errorMessage(error) };
  }
  const operation_errors = runOperations(rehearsal, root, record.operations ?? []);
  runToTheEnd(rehearsal, root);
  return outcomeOf(rehearsal, root, operation_errors);
}

function registered(documents: readonly DocumentIr[]) {
  const workflows = new Map(documents.flatMap((document) => document.workflows).map((one) => [one.name, one]));
  const actions = new Map(documents.flatMap((document) => document.actions).map((one) => [one.name, one]));
  return { workflows, actions };
}

/** Until the workflow has ended; then what is due at that very time still comes in. */
function runToTheEnd(rehearsal: Rehearsal, root: RehearsalExecution): void {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    if (isCompleted(root.conductor.state)) {
      rehearsal.advance(0);
      return;
    }
    if (!rehearsal.step()) return;
  }
}

function outcomeOf(rehearsal: Rehearsal, root: RehearsalExecution, errors: readonly string[]): RunOutcome {
  const view = root.conductor.view();
  const subs = rehearsal.executions.filter((execution) => execution !== root).map(subOutcome);
  return {
    state: view.state,
    output: toJsonValue(view.output),
    has_state_info: hasText(view.state_info),
    tasks: view.tasks.map(taskOutcome),
    ...(subs.length > 0 ? { sub_executions: subs } : {}),
    ...(errors.length > 0 ? { operation_errors: errors } : {}),
  };
}

function subOutcome(execution: RehearsalExecution): SubOutcome {
  const view = execution.conductor.view();
  return {
    workflow: execution.workflow.name,
    parent_task: execution.parent?.run.task_name ?? '',
    index: execution.parent?.run.item_index ?? 0,
    input: toJsonValue(view.input),
    state: view.state,
    output: toJsonValue(view.output),
    tasks: view.tasks.map(taskOutcome),
  };
}

function taskOutcome(task: TaskView): TaskOutcome {
  return {
    name: task.name,
    type: task.type,
    state: task.state,
    published: toJsonValue(task.published),
    result: toJsonValue(task.result),
    count: task.runs.length,
    accepted: task.runs.filter((run) => run.accepted).length,
    has_state_info: hasText(task.state_info),
  };
}

function hasText(text: string | null): boolean {
  return text !== null && text !== '';
}
