/** The record as clients see it. */
import type { ExecutionView, RunView, TaskView } from './contract.ts';
import { type Machine, specOf, versionOf } from './machine.ts';
import type { RunRecord, TaskRecord } from './records.ts';
import { isCompleted } from './states.ts';
import { taskResult } from './task-result.ts';
import { isoTime } from './time.ts';

/** A task with more runs than this shows its result when it has ended: putting it together costs what there is of it. */
const RUNS_WITH_RESULT = 100;

/** Everything, or what changed after version `since`, `limit` changes at most. */
export function executionView(
  machine: Machine,
  since: number | undefined,
  limit = Number.POSITIVE_INFINITY,
): ExecutionView {
  const { workflow } = machine;
  const { version, changes } = changesSince(machine, since, limit);
  const { runs, removed } = group(machine, changes);
  const tasks = [...runs.keys()].sort((left, right) => left.index - right.index);
  return {
    version,
    more: version < versionOf(machine),
    started: workflow.started,
    state: workflow.state,
    state_info: workflow.state_info,
    input: workflow.input,
    output: workflow.output,
    published_global: publishedGlobally(machine),
    created_at: isoTime(workflow.created_at),
    updated_at: isoTime(workflow.updated_at),
    tasks: tasks.map((task) => taskView(machine, task, runs.get(task) ?? [])),
    removed_runs: removed,
  };
}

/** What every context has. */
const NOT_PUBLISHED: readonly string[] = ['__execution', 'openstack'];

/** Source: Mistral's `get_workflow_execution_published_global`. */
function publishedGlobally({ workflow, ir }: Machine): Readonly<Record<string, unknown>> | undefined {
  const published = Object.entries(workflow.context).filter(
    ([name]) => !NOT_PUBLISHED.includes(name) && !Object.hasOwn(ir.vars ?? {}, name),
  );
  return published.length === 0 ? undefined : Object.fromEntries(published);
}

type Changed = TaskRecord | RunRecord | undefined;

function changesSince(machine: Machine, since: number | undefined, limit: number) {
  const { changes, changesBase } = machine;
  const latest = versionOf(machine);
  if (since === undefined) return { version: latest, changes: everything(machine) };
  const version = Math.min(latest, since + limit);
  if (since >= changesBase) return { version, changes: changes.slice(since - changesBase, version - changesBase) };
  // Changes of before a restore have no place in the list any more; each record knows its last one.
  const older = everything(machine).filter(({ touched }) => touched > since);
  if (older.length <= limit) return { version: latest, changes: older };
  const shown = older.sort((left, right) => left.touched - right.touched).slice(0, limit);
  return { version: shown.at(-1)?.touched ?? latest, changes: shown };
}

function everything({ tasks }: Machine): (TaskRecord | RunRecord)[] {
  return tasks.flatMap((task) => [task, ...task.runs]);
}

function group(machine: Machine, changes: readonly Changed[]) {
  const runs = new Map<TaskRecord, RunRecord[]>();
  const removed: string[] = [];
  for (const one of new Set(changes)) {
    if (one === undefined) continue;
    // What a step has taken back is not there.
    const task = machine.taskById.get('task_id' in one ? one.task_id : one.id);
    if (task === undefined) continue;
    const known = runs.get(task) ?? [];
    runs.set(task, known);
    if (!('task_id' in one)) continue;
    if (machine.runById.get(one.id) === one) known.push(one);
    else removed.push(one.uuid);
  }
  return { runs, removed };
}

function taskView(machine: Machine, task: TaskRecord, runs: readonly RunRecord[]): TaskView {
  const hasResult = isCompleted(task.state) || task.runs.length <= RUNS_WITH_RESULT;
  return {
    id: task.id,
    name: task.name,
    type: specOf(machine, task).kind === 'workflow' ? 'WORKFLOW' : 'ACTION',
    state: task.state,
    state_info: task.state_info,
    input: task.input,
    result: hasResult ? taskResult(machine, task) : [],
    published: task.published,
    published_global: task.published_global,
    created_at: isoTime(task.created_at),
    updated_at: isoTime(task.updated_at),
    processed: task.processed,
    index: task.index,
    version: task.touched,
    runs: runs.map(runView),
  };
}

function runView(run: RunRecord): RunView {
  const { id, uuid, name, state, accepted, input, output, item_index, touched } = run;
  const times = { created_at: isoTime(run.created_at), updated_at: isoTime(run.updated_at) };
  return {
    id,
    uuid,
    name,
    state,
    accepted,
    input,
    output,
    ...(item_index === undefined ? {} : { item_index }),
    version: touched,
    ...times,
  };
}
