/** Texts for state infos. They follow Mistral's, which StackStorm's users and tools know. */
import { pyTruth } from '../../core/python/equality.ts';
import { pyStr } from '../../core/python/repr.ts';
import type { Machine } from './machine.ts';
import type { TaskRecord } from './records.ts';

const MESSAGE_LIMIT = 64 * 1024;

/** A `msg` parameter as Python's text; null is no message. */
export function messageText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return cut(typeof value === 'string' ? value : pyStr(value));
}

/** The result of a failed action as state info: none when the result says nothing. */
export function resultInfo(result: unknown): string | null {
  return pyTruth(result) ? cut(pyStr(result)) : null;
}

export function cut(text: string): string {
  return text.length <= MESSAGE_LIMIT ? text : `${text.slice(0, MESSAGE_LIMIT)}... (cut)`;
}

/** Says which tasks made the workflow fail, and what their actions answered. */
export function failureMessage(machine: Machine): string {
  const failed = machine.tasks.filter((task) => task.state === 'ERROR' && !hasErrorClause(machine, task)).sort(byName);
  const lines = [`Failure caused by error in tasks: ${failed.map((task) => task.name).join(', ')}\n`];
  let length = 0;
  for (const task of failed) {
    const text = taskFailure(task);
    length += text.length;
    if (length > MESSAGE_LIMIT) break;
    lines.push(text);
  }
  return lines.join('\n');
}

export function cancelMessage(machine: Machine): string {
  const cancelled = machine.tasks.filter((task) => task.state === 'CANCELLED').sort(byName);
  return `Cancelled tasks: ${cancelled.map((task) => task.name).join(', ')}`;
}

function hasErrorClause(machine: Machine, task: TaskRecord): boolean {
  return (machine.graph.tasks.get(task.name)?.on_error?.next.length ?? 0) > 0;
}

function taskFailure(task: TaskRecord): string {
  const lines = [`  ${task.name} [task_ex_id=${task.id}] -> ${task.state_info ?? 'None'}\n`];
  let length = 0;
  for (const [index, run] of task.runs.entries()) {
    if (run.state !== 'ERROR' || length > MESSAGE_LIMIT) continue;
    const line = `    [${run.kind === 'workflow' ? 'wf_ex_id' : 'action_ex_id'}=${run.uuid}, idx=${index}]${runText(task, run)}\n`;
    length += line.length;
    lines.push(line);
  }
  return lines.join('');
}

/** A sub-workflow's text is often the task's: said twice, it would double with every level and hide what it began with. */
function runText(task: TaskRecord, run: TaskRecord['runs'][number]): string {
  const text = pyStr(shownOutput(run));
  return run.kind === 'workflow' && text === task.state_info ? '' : `: ${text}`;
}

function shownOutput(run: TaskRecord['runs'][number]): unknown {
  if (run.kind === 'action') return run.output ?? null;
  const output = run.output as Readonly<Record<string, unknown>> | null;
  return output !== null && typeof output === 'object' && Object.hasOwn(output, 'result') ? output.result : 'Unknown';
}

function byName(left: TaskRecord, right: TaskRecord): number {
  return left.name < right.name ? -1 : Number(left.name > right.name);
}
