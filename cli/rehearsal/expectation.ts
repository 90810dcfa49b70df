/** Comparison of a rehearsal with what its file expects. What is not mentioned is not compared. */
import { toJsonValue } from '../../core/python/to-json.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { TaskView } from '../../engine/conductor/index.ts';
import type { Expectation } from './rehearsal-file.ts';

export interface Happened {
  readonly state: string;
  readonly output: unknown;
  readonly tasks: readonly TaskView[];
  /** Ids of tasks in order of their start. */
  readonly started: readonly string[];
}

/** What is not as expected, a line each. */
export function findUnmet(expect: Expectation | undefined, happened: Happened): readonly string[] {
  if (expect === undefined) return [];
  const unmet: string[] = [];
  const compare = (what: string, wanted: unknown, got: unknown): void => {
    if (!isEqual(wanted, got)) unmet.push(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
  };
  if (expect.state !== undefined) compare('state', expect.state, happened.state);
  if (expect.output !== undefined) compare('output', expect.output, happened.output);
  const { tasks } = expect;
  if (Array.isArray(tasks)) {
    const byId = new Map(happened.tasks.map((task) => [task.id, task.name]));
    compare(
      'the order of tasks',
      tasks,
      happened.started.map((id) => byId.get(id)),
    );
  } else if (isPlainObject(tasks)) {
    for (const [name, wanted] of Object.entries(tasks)) compareTask(name, wanted, happened.tasks, compare);
  }
  return unmet;
}

function compareTask(
  name: string,
  wanted: unknown,
  tasks: readonly TaskView[],
  compare: (what: string, wanted: unknown, got: unknown) => void,
): void {
  const task = tasks.filter((one) => one.name === name).at(-1);
  if (!isPlainObject(wanted)) {
    compare(`task ${name}`, wanted, task?.state ?? null);
    return;
  }
  const facts: Readonly<Record<string, unknown>> = {
    state: task?.state ?? null,
    state_info: task?.state_info ?? null,
    published: toJsonValue(task?.published ?? null),
    result: toJsonValue(task?.result ?? null),
    runs: task?.runs.length ?? 0,
  };
  for (const [fact, value] of Object.entries(wanted)) compare(`${fact} of task ${name}`, value, facts[fact]);
}

/** Equality of JSON values; the order of keys says nothing. */
function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => isEqual(item, right[index]));
  }
  if (!isPlainObject(left) || !isPlainObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}
