/** The exact account after the chaos: what was asked for, what is on record, and what has really run. */
import { isDeepStrictEqual } from 'node:util';
import { descendantsOf, type ExecutionAnswer, getExecution } from '../executions.ts';
import type { FaultPack } from '../fault-pack.ts';
import type { RunningServices } from '../running-services.ts';
import type { Asked } from './load.ts';

/** What the account says of one workflow. */
export interface LedgerEntry {
  readonly status: string;
  readonly actions: number;
  readonly abandoned: number;
  /** Each a sentence; empty when all is right. */
  readonly wrongs: readonly string[];
}

const DIED =
  /^The action runner [^:\s]+:(\d+)\S* (died while it ran this action|was stopped before the action had ended)\.$/;

const taskOf = ({ context }: ExecutionAnswer) =>
  String((context.mistral as { readonly task_name?: string } | undefined)?.task_name);

/**
 * Holds one workflow's records against the marks that its actions have left and against its known result.
 *
 * @param ended pids of the processes that have ended during the chaos
 */
export async function accountOf(
  services: RunningServices,
  pack: FaultPack,
  asked: Asked,
  ended: ReadonlySet<number>,
): Promise<LedgerEntry> {
  const root = await getExecution(services, asked.id);
  const children = await descendantsOf(services, asked.id);
  const marks = await pack.marks(asked.name);
  const actions = children.filter(({ action }) => action.ref === 'core.local');
  const wrongs = [
    ...wrongRecords([root, ...children], ended),
    ...wrongMarks(actions, marks),
    ...wrongResult(asked, root, children),
  ].map((wrong) => `${asked.workflow} ${asked.id}: ${wrong}`);
  const abandoned = children.filter(({ status }) => status === 'abandoned').length;
  return { status: root.status, actions: actions.length, abandoned, wrongs };
}

function wrongRecords(executions: readonly ExecutionAnswer[], ended: ReadonlySet<number>): string[] {
  return executions.flatMap(({ id, status, result, action }) => {
    if (status === 'succeeded') return [];
    // Only what ran in a runner goes down with it: a workflow lives in the engine.
    if (status !== 'abandoned' || action.ref !== 'core.local')
      return [`${action.ref} ${id} is ${status}: ${JSON.stringify(result)?.slice(0, 300)}`];
    const pid = DIED.exec(String(result.error))?.[1];
    if (pid === undefined) return [`${id} is abandoned without a reason: ${JSON.stringify(result)}`];
    return ended.has(Number(pid)) ? [] : [`${id} is abandoned, and its runner lives: ${JSON.stringify(result)}`];
  });
}

/** Nothing ran twice, nothing ran off the record, and what is told to have succeeded did run. */
function wrongMarks(actions: readonly ExecutionAnswer[], marks: readonly string[]): string[] {
  const ran = new Map<string, number>();
  for (const id of marks) ran.set(id, (ran.get(id) ?? 0) + 1);
  const wrongs = actions.flatMap(({ id, status }) => {
    const times = ran.get(id) ?? 0;
    ran.delete(id);
    if (times > 1) return [`${id} ran ${times} times`];
    return status === 'succeeded' && times === 0 ? [`${id} is succeeded but never ran`] : [];
  });
  return [...wrongs, ...[...ran.keys()].map((id) => `${id} ran and is not on record`)];
}

function wrongResult(asked: Asked, root: ExecutionAnswer, children: readonly ExecutionAnswer[]): string[] {
  if (root.status !== 'succeeded') return [];
  const { result } = root;
  const succeeded = (task: string) =>
    children.filter(
      (child) => taskOf(child) === task && child.status === 'succeeded' && isUnder(child, children, root),
    );
  const expectOnce = (tasks: readonly string[]) =>
    tasks.flatMap((task) => {
      const { length } = succeeded(task);
      return length === 1 ? [] : [`task ${task} has ${length} actions that succeeded`];
    });
  if (asked.workflow !== 'fan') {
    const tasks = asked.workflow === 'chain' ? ['one', 'two', 'three'] : ['inner', 'one', 'two', 'three'];
    return [...(result.word === 'abc' ? [] : [`its word is ${JSON.stringify(result.word)}`]), ...expectOnce(tasks)];
  }
  const output = { end: result.end, seen: result.seen };
  const items = children.filter((child) => taskOf(child) === 'items');
  const isWhole = items.every(({ status }) => status === 'succeeded');
  const expected = isWhole ? { end: 'last', seen: [0, 1, 2, 3, 4] } : { end: 'repair', seen: null };
  return [
    ...(items.length === 5 || (!isWhole && items.length < 5) ? [] : [`it has ${items.length} actions of five items`]),
    ...(isDeepStrictEqual(output, expected) ? [] : [`its output is ${JSON.stringify(output)}`]),
    ...expectOnce([isWhole ? 'last' : 'repair']),
  ];
}

/** A sub-workflow that was abandoned has been replaced by another: what lies below it does not count. */
function isUnder(child: ExecutionAnswer, all: readonly ExecutionAnswer[], root: ExecutionAnswer): boolean {
  if (child.parent === root.id) return true;
  const parent = all.find(({ id }) => id === child.parent);
  return parent?.status === 'succeeded';
}
