/** Joins of branches that exclude each other: one on the success of a task, the other on its error. */
import type { OnKey } from '../build/task.ts';
import type { TaskIr, WorkflowIr } from '../ir.ts';
import { clausesOf } from './clauses.ts';

export interface ExclusiveJoin {
  readonly join: string;
  /** Two inbound tasks that never both lead to the join. */
  readonly first: string;
  readonly second: string;
  /** The task whose outcome decides between them. */
  readonly source: string;
}

/** The only outcome of a task on which a way goes on. */
interface Outcome {
  readonly task: string;
  readonly key: OnKey;
}

/** How far a chain of tasks with one inbound task each is followed. */
const MAX_STEPS = 100;

/** For each `join: all` that can never be met the first pair of inbound tasks that shows it. */
export function exclusiveInbound(workflow: WorkflowIr): readonly ExclusiveJoin[] {
  const joins = workflow.tasks.filter((task) => task.join === 'all');
  if (joins.length === 0) return [];
  const inbound = inboundOutcomes(workflow.tasks);
  return joins.flatMap((join) => findConflict(join.name, inbound) ?? []);
}

type Inbound = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<OnKey>>>;

/** By target: the tasks that lead there, each with the clauses that do. */
function inboundOutcomes(tasks: readonly TaskIr[]): Inbound {
  const inbound = new Map<string, Map<string, Set<OnKey>>>();
  for (const task of tasks) {
    for (const [key, clause] of clausesOf(task)) {
      for (const { to } of clause?.next ?? []) {
        const sources = inbound.get(to) ?? new Map<string, Set<OnKey>>();
        inbound.set(to, sources.set(task.name, (sources.get(task.name) ?? new Set()).add(key)));
      }
    }
  }
  return inbound;
}

function findConflict(join: string, inbound: Inbound): ExclusiveJoin | undefined {
  const seen = new Map<string, { readonly key: OnKey; readonly inboundTask: string }>();
  for (const inboundTask of inbound.get(join)?.keys() ?? []) {
    for (const { task, key } of outcomesNeeded(inboundTask, join, inbound)) {
      const other = seen.get(task);
      if (other !== undefined && other.key !== key)
        return { join, first: other.inboundTask, second: inboundTask, source: task };
      if (other === undefined) seen.set(task, { key, inboundTask });
    }
  }
  return undefined;
}

/** The outcomes without which a task does not lead to the join; nothing certain once ways meet or run in a circle. */
function outcomesNeeded(inboundTask: string, join: string, inbound: Inbound): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  let target = join;
  let source: string | undefined = inboundTask;
  const passed = new Set<string>([join]);
  for (let steps = 0; source !== undefined && steps < MAX_STEPS; steps += 1) {
    if (passed.has(source)) return [];
    passed.add(source);
    const keys: ReadonlySet<OnKey> = inbound.get(target)?.get(source) ?? new Set();
    const [key] = keys;
    if (keys.size === 1 && key !== undefined && key !== 'on-complete') outcomes.push({ task: source, key });
    target = source;
    const sources: readonly string[] = [...(inbound.get(target)?.keys() ?? [])];
    source = sources.length === 1 ? sources[0] : undefined;
    if (sources.length > 1) break;
  }
  return outcomes;
}
