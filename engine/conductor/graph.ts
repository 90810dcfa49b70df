/** The task graph of a workflow, worked out once: who leads to whom. */
import type { TaskIr, TransitionIr, TransitionsIr, WorkflowIr } from '../../workflow-translator/ir.ts';

/** Clauses that lead on, in the order in which Mistral looks at them. */
export const CLAUSES = ['on-error', 'on-skip', 'on-success', 'on-complete'] as const;
export type Clause = (typeof CLAUSES)[number];

export interface TaskGraph {
  readonly tasks: ReadonlyMap<string, TaskIr>;
  /** Tasks that name the key in a transition, in order of the document. */
  readonly inbound: ReadonlyMap<string, readonly string[]>;
  /** Names of tasks in any transition of the key. */
  readonly outbound: ReadonlyMap<string, ReadonlySet<string>>;
  /** Direct workflows: tasks without inbound transition. */
  readonly starts: readonly string[];
  /** Reverse workflows: what each task needs, itself left out. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** Reverse workflows: who needs the task. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

export function clauseOf(task: TaskIr, clause: Clause): TransitionsIr | undefined {
  switch (clause) {
    case 'on-error':
      return task.on_error;
    case 'on-skip':
      return task.on_skip;
    case 'on-success':
      return task.on_success;
    case 'on-complete':
      return task.on_complete;
  }
}

export function transitionsOf(task: TaskIr, clause: Clause): readonly TransitionIr[] {
  return clauseOf(task, clause)?.next ?? [];
}

export function createGraph(workflow: WorkflowIr): TaskGraph {
  const tasks = new Map(workflow.tasks.map((task) => [task.name, task]));
  const outbound = new Map<string, ReadonlySet<string>>();
  const inbound = new Map<string, string[]>(workflow.tasks.map((task) => [task.name, []]));
  const requires = new Map<string, readonly string[]>();
  const dependents = new Map<string, string[]>(workflow.tasks.map((task) => [task.name, []]));
  for (const task of workflow.tasks) {
    const targets = new Set(
      CLAUSES.flatMap((clause) => transitionsOf(task, clause)).map((transition) => transition.to),
    );
    outbound.set(task.name, targets);
    for (const target of targets) inbound.get(target)?.push(task.name);
    const needed = [...new Set(task.requires ?? [])].filter((name) => name !== task.name);
    requires.set(task.name, needed);
    for (const name of needed) dependents.get(name)?.push(task.name);
  }
  const starts = workflow.tasks.filter((task) => inbound.get(task.name)?.length === 0).map((task) => task.name);
  return { tasks, inbound, outbound, starts, requires, dependents };
}
