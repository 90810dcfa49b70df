/** Rehearses one case: runs the workflow in memory with the given results, and writes down what happens. */
import { ValidationError } from '../../core/errors.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import type { TaskView } from '../../engine/conductor/index.ts';
import {
  type ActionRun,
  createRehearsal,
  type Rehearsal,
  type RehearsalExecution,
} from '../../engine/conductor/rehearsal.ts';
import { isCompleted } from '../../engine/conductor/states.ts';
import { type ActionAnswer, answerStdAction } from '../../engine/conductor/std-actions.ts';
import type { AdHocActionIr, WorkflowIr } from '../../workflow-translator/index.ts';
import { findUnmet } from './expectation.ts';
import type { GivenAnswer, RehearsalCase } from './rehearsal-file.ts';

export interface RehearsalReport {
  readonly passed: boolean;
  readonly lines: readonly string[];
  readonly state: string;
  readonly output: unknown;
}

/** A workflow that is not done after so many deliveries never ends. */
const MAX_STEPS = 100_000;

export interface Definitions {
  readonly workflows: ReadonlyMap<string, WorkflowIr>;
  readonly actions: ReadonlyMap<string, AdHocActionIr>;
}

/** @throws ValidationError when the workflow refuses its input */
export function rehearseCase(name: string, definitions: Definitions, given: RehearsalCase): RehearsalReport {
  const lines: string[] = [];
  const started: string[] = [];
  const seen = new Map<RehearsalExecution, number>();
  let clock = 0;
  const note = (text: string): void => {
    lines.push(`${clock.toFixed(1).padStart(8)} s  ${text}`);
  };
  const rehearsal = createRehearsal({
    ...definitions,
    findAction: () => ({ params: [], open: true }),
    answer: createAnswers(given, note),
    fetch: (_kind, key) => (Object.hasOwn(given.datastore, key) ? given.datastore[key] : undefined),
    onCommand(command, execution) {
      if (command.type === 'action.run')
        note(`${place(execution)}${command.id}: ${command.action} ${json(command.input)}`);
      if (command.type === 'workflow.run') note(`${place(execution)}${command.id}: workflow ${command.names.at(-1)}`);
      if (command.type === 'timer.start') note(`${place(execution)}waits ${command.seconds} s (${command.id})`);
    },
  });
  const noteTasks = (): void => {
    clock = rehearsal.now;
    for (const execution of rehearsal.executions) noteChanges(execution, seen, started, note);
  };
  const root = rehearsal.start(name, given.input, given.params);
  noteTasks();
  runToTheEnd(rehearsal, root, noteTasks);
  const view = root.conductor.view();
  const output = toJsonValue(view.output);
  lines.push(`   state: ${view.state}${view.state_info === null ? '' : ` (${view.state_info.trim()})`}`);
  lines.push(`   output: ${json(output)}`);
  const unmet = findUnmet(given.expect, { state: view.state, output, tasks: view.tasks, started });
  lines.push(...unmet.map((text) => `   not as expected: ${text}`));
  const passed = given.expect === undefined ? view.state === 'SUCCESS' : unmet.length === 0;
  return { passed, lines, state: view.state, output };
}

function runToTheEnd(rehearsal: Rehearsal, root: RehearsalExecution, onStep: () => void): void {
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    if (isCompleted(root.conductor.state)) return;
    if (!rehearsal.step()) return;
    onStep();
  }
  throw new ValidationError(`The workflow did not end within ${MAX_STEPS} events.`);
}

function noteChanges(
  execution: RehearsalExecution,
  seen: Map<RehearsalExecution, number>,
  started: string[],
  note: (text: string) => void,
): void {
  const view = execution.conductor.view(seen.get(execution) ?? 0);
  seen.set(execution, view.version);
  for (const task of view.tasks) {
    if (execution.parent === undefined && task.runs.length > 0 && !started.includes(task.id)) started.push(task.id);
    if (isCompleted(task.state)) note(`${place(execution)}${task.name}: ${task.state}${details(task)}`);
  }
}

function details(task: TaskView): string {
  const published = Object.keys(task.published).length > 0 ? `, published ${json(toJsonValue(task.published))}` : '';
  const info = task.state === 'SUCCESS' || task.state_info === null ? '' : ` (${task.state_info.trim()})`;
  return `${info}${published}`;
}

function createAnswers(given: RehearsalCase, note: (text: string) => void): (run: ActionRun) => ActionAnswer {
  const calls = new Map<string, number>();
  return (run) => {
    const results = given.results.get(run.task_name);
    const list = results === undefined ? undefined : (results.items.get(run.item_index ?? 0) ?? results.calls);
    if (list === undefined || list.length === 0) return withoutResult(run, note);
    const key =
      results?.items.has(run.item_index ?? 0) === true ? `${run.task_name}[${run.item_index}]` : run.task_name;
    const call = calls.get(key) ?? 0;
    calls.set(key, call + 1);
    return toAnswer(list[Math.min(call, list.length - 1)]);
  };
}

function withoutResult(run: ActionRun, note: (text: string) => void): ActionAnswer {
  const own = answerStdAction(run.action, run.input);
  if (own !== undefined) return own;
  note(`${run.id}: no result is given, null is taken`);
  return { kind: 'result', value: null };
}

function toAnswer(answer: GivenAnswer | undefined): ActionAnswer {
  if (answer === undefined || answer.kind === 'pending') return { kind: 'pending' };
  return { kind: answer.kind, value: answer.value, after: answer.after };
}

/** Where a sub-workflow hangs, as a prefix. */
function place(execution: RehearsalExecution): string {
  const { parent } = execution;
  return parent === undefined ? '' : `${place(parent.execution)}${parent.run.id} / `;
}

function json(value: unknown): string {
  const text = JSON.stringify(toJsonValue(value)) ?? 'null';
  return text.length <= 2_000 ? text : `${text.slice(0, 2_000)}…`;
}
