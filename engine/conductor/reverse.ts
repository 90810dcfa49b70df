/** Reverse workflows: a target task, and before it all that it requires. */
import { ValidationError } from '../../core/errors.ts';
import { pyStr } from '../../core/python/repr.ts';
import { type Context, EMPTY_CONTEXT } from './context.ts';
import type { Controller } from './controller.ts';
import { lastTask, type Machine } from './machine.ts';
import type { TaskCommand, TaskRecord } from './records.ts';
import { mergeOutbound, outboundContext } from './transitions.ts';

export const reverseController: Controller = {
  startCommands(machine) {
    const target = targetTask(machine);
    return [...neededFor(machine, target)]
      .filter((name) => requires(machine, name).length === 0)
      .map((name) => runCommand(machine, name));
  },
  nextCommands(machine, tasks) {
    const succeeded = tasks.filter((task) => task.state === 'SUCCESS');
    if (succeeded.length === 0) return [];
    const needed = neededFor(machine, targetTask(machine));
    // A task that requires several of them starts once.
    const dependents = new Set(succeeded.flatMap((task) => machine.graph.dependents.get(task.name) ?? []));
    return [...dependents]
      .filter((name) => needed.has(name) && lastTask(machine, name) === undefined)
      .filter((name) => requires(machine, name).every((one) => lastTask(machine, one)?.state === 'SUCCESS'))
      .map((name) => runCommand(machine, name));
  },
  inboundContext(machine, task) {
    const inbound = inboundOf(machine, task.name);
    return inbound === EMPTY_CONTEXT ? task.in_context : inbound;
  },
  finalContext(machine) {
    const target = lastTask(machine, targetTask(machine));
    return target === undefined ? EMPTY_CONTEXT : outboundContext(target);
  },
};

/** @throws ValidationError when `task_name` is not given or names no task */
export function targetTask(machine: Pick<Machine, 'graph' | 'workflow' | 'ir'>): string {
  const name = machine.workflow.params.task_name;
  if (typeof name === 'string' && machine.graph.tasks.has(name)) return name;
  throw new ValidationError(`Invalid task name [wf_name=${machine.ir.name}, task_name=${pyStr(name ?? null)}]`);
}

const neededCache = new WeakMap<object, Map<string, ReadonlySet<string>>>();

/** The target and all that it requires, at any depth: those without requirements first. Cycles are cut. */
function neededFor(machine: Machine, target: string): ReadonlySet<string> {
  const cached = neededCache.get(machine.graph) ?? new Map<string, ReadonlySet<string>>();
  neededCache.set(machine.graph, cached);
  const known = cached.get(target);
  if (known !== undefined) return known;
  const order = new Set<string>();
  const seen = new Set([target]);
  const stack = [{ name: target, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const needed = requires(machine, top.name)[top.next];
    top.next += 1;
    if (needed === undefined) {
      order.add(top.name);
      stack.pop();
    } else if (!seen.has(needed)) {
      seen.add(needed);
      stack.push({ name: needed, next: 0 });
    }
  }
  cached.set(target, order);
  return order;
}

function requires(machine: Machine, name: string): readonly string[] {
  return machine.graph.requires.get(name) ?? [];
}

function inboundOf(machine: Machine, name: string): Context {
  const upstream = requires(machine, name)
    .map((one) => lastTask(machine, one))
    .filter((one) => one?.state === 'SUCCESS') as TaskRecord[];
  return mergeOutbound(upstream);
}

function runCommand(machine: Machine, task: string): TaskCommand {
  return { kind: 'run', task, context: inboundOf(machine, task), triggered_by: [], handles_error: false };
}
