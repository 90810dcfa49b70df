/** Comparison of an outcome with the recorded one. `<error text>` stands for any text of the engine, `<uuid>` for any id. */
import type { ExpectedRun, RunOutcome, StartRefused } from './record.ts';

/** Facts that are compared; others (such as `state_info_head`) are for reading. */
const RUN_FIELDS = ['state', 'output', 'has_state_info'] as const;

/** The first difference in words, `undefined` when there is none. */
export function findDifference(expected: ExpectedRun, got: RunOutcome | StartRefused): string | undefined {
  if ('start_error' in expected || 'start_error' in got) {
    return 'start_error' in expected && 'start_error' in got ? undefined : differ('start', expected, got);
  }
  for (const field of RUN_FIELDS) {
    if (!matches(expected[field], got[field])) return differ(field, expected[field], got[field]);
  }
  if (!matchesAsSet(expected.tasks, got.tasks)) return differ('tasks', expected.tasks, got.tasks);
  const subs = expected.sub_executions ?? [];
  const gotSubs = got.sub_executions ?? [];
  if (!matchesAsSet(subs, gotSubs)) return differ('sub_executions', subs, gotSubs);
  const refused = expected.operation_errors?.length ?? 0;
  const gotRefused = got.operation_errors?.length ?? 0;
  return refused === gotRefused
    ? undefined
    : differ('operation_errors', expected.operation_errors, got.operation_errors);
}

function differ(what: string, expected: unknown, got: unknown): string {
  return `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
}

function matches(expected: unknown, got: unknown): boolean {
  if (expected === '<error text>' || expected === '<uuid>') return typeof got === 'string' && got !== '';
  if (typeof expected === 'string') return typeof got === 'string' && matchesText(expected, got);
  if (typeof expected !== 'object' || expected === null) return expected === (got ?? null);
  if (typeof got !== 'object' || got === null) return false;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) && expected.length === got.length && expected.every((item, index) => matches(item, got[index]))
    );
  }
  if (Array.isArray(got)) return false;
  if ('tasks' in expected && 'parent_task' in expected) return matchesSub(expected, got);
  const keys = Object.keys(expected);
  const gotEntries = got as Readonly<Record<string, unknown>>;
  if (keys.length !== Object.keys(got).length) return false;
  return keys.every(
    (key) => Object.hasOwn(got, key) && matches((expected as Record<string, unknown>)[key], gotEntries[key]),
  );
}

/** A text with `<uuid>` in its midst. */
function matchesText(expected: string, got: string): boolean {
  if (expected === got) return true;
  if (!expected.includes('<uuid>') && !expected.includes('<error text>')) return false;
  const parts = expected.split(/<uuid>|<error text>/);
  let place = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === parts.length - 1 ? got.length - part.length : got.indexOf(part, place);
    if (found < place || got.slice(found, found + part.length) !== part) return false;
    place = found + part.length;
  }
  return true;
}

function matchesSub(expected: object, got: object): boolean {
  const { tasks, ...facts } = expected as Record<string, unknown>;
  const { tasks: gotTasks, ...gotFacts } = got as Record<string, unknown>;
  return matches(facts, gotFacts) && matchesAsSet(tasks as readonly unknown[], gotTasks as readonly unknown[]);
}

/** Lists whose order says nothing: each expected element needs one of its own. */
function matchesAsSet(expected: readonly unknown[], got: readonly unknown[]): boolean {
  if (expected.length !== got.length) return false;
  const left = [...got];
  return expected.every((item) => {
    const place = left.findIndex((candidate) => matches(item, candidate));
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}
