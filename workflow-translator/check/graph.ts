/** What the tasks of one workflow say about each other. Works on the IR: defaults are merged in there already. */

import { isEngineCommand } from '../build/transitions.ts';
import type { TaskIr, WorkflowIr } from '../ir.ts';
import type { Path } from '../parse/yaml-document.ts';
import { clausesOf } from './clauses.ts';
import { exclusiveInbound } from './exclusive-branches.ts';
import type { Report } from './problems.ts';

export function checkGraph(workflow: WorkflowIr, path: Path, report: Report): void {
  if (workflow.type === 'direct') checkDirect(workflow, path, report);
  else checkReverse(workflow, path, report);
}

/** Names of the tasks that lead to a task, by the task's name. Counted by task, not by transition. */
function inboundTasks(workflow: WorkflowIr): ReadonlyMap<string, ReadonlySet<string>> {
  const inbound = new Map<string, Set<string>>();
  for (const task of workflow.tasks) {
    for (const [, clause] of clausesOf(task)) {
      for (const { to } of clause?.next ?? []) {
        const sources = inbound.get(to) ?? new Set();
        inbound.set(to, sources.add(task.name));
      }
    }
  }
  return inbound;
}

function checkDirect(workflow: WorkflowIr, path: Path, report: Report): void {
  const names = new Set(workflow.tasks.map((task) => task.name));
  const inbound = inboundTasks(workflow);
  const starts = workflow.tasks.filter((task) => !inbound.has(task.name));
  if (starts.length === 0) {
    const message =
      'Failed to find start tasks in direct workflow. ' +
      `There must be at least one task without inbound transition.[workflow_name=${lastPart(path)}]`;
    report('NO_START_TASK', message, [...path, 'tasks']);
  }
  for (const task of workflow.tasks) {
    const place = [...path, 'tasks', task.name];
    for (const [key, clause] of clausesOf(task)) {
      for (const { to } of clause?.next ?? []) {
        if (!names.has(to) && !isEngineCommand(to)) report('UNKNOWN_TASK', `Task '${to}' not found.`, [...place, key]);
      }
    }
    checkJoin(task, inbound.get(task.name)?.size ?? 0, [...place, 'join'], report);
  }
  if (starts.length > 0) warnOfUnreachable(workflow, starts, path, report);
  for (const { join, first, second, source } of exclusiveInbound(workflow)) {
    const message =
      `The join of task '${join}' can never be met: '${first}' and '${second}' are on different outcomes of task ` +
      `'${source}'.`;
    report('JOIN', message, [...path, 'tasks', join, 'join'], { severity: 'warning' });
  }
}

function checkJoin(task: TaskIr, inbound: number, path: Path, report: Report): void {
  if (task.join === undefined) return;
  if (task.join === 'all') {
    if (inbound === 0) report('JOIN', `No inbound tasks for task with 'join: all' [task_name=${task.name}]`, path);
    return;
  }
  const needed = task.join === 'one' ? 1 : task.join;
  if (inbound >= needed) return;
  const facts = `[task_name=${task.name}, join=${needed}, inbound_tasks=${inbound}]`;
  report('JOIN', `Not enough inbound tasks for task with 'join' ${facts}`, path);
}

function warnOfUnreachable(workflow: WorkflowIr, starts: readonly TaskIr[], path: Path, report: Report): void {
  const byName = new Map(workflow.tasks.map((task) => [task.name, task]));
  const reached = new Set(starts.map((task) => task.name));
  for (const name of reached) {
    const task = byName.get(name);
    if (task === undefined) continue;
    for (const [, clause] of clausesOf(task)) {
      for (const transition of clause?.next ?? []) if (transition.command === undefined) reached.add(transition.to);
    }
  }
  for (const task of workflow.tasks) {
    if (reached.has(task.name)) continue;
    const message = `Task '${task.name}' is unreachable: no path leads to it from a start task.`;
    report('UNREACHABLE_TASK', message, [...path, 'tasks', task.name], { severity: 'warning' });
  }
}

function checkReverse(workflow: WorkflowIr, path: Path, report: Report): void {
  const byName = new Map(workflow.tasks.map((task) => [task.name, task]));
  for (const task of workflow.tasks) {
    for (const name of task.requires ?? []) {
      if (byName.has(name)) continue;
      report('UNKNOWN_TASK', `Task '${name}' not found.`, [...path, 'tasks', task.name, 'requires']);
    }
  }
  for (const name of tasksInCycles(workflow.tasks, byName)) {
    const message = `Task '${name}' requires itself by way of other tasks: it never runs.`;
    report('CYCLIC_REQUIRES', message, [...path, 'tasks', name, 'requires'], { severity: 'warning' });
  }
}

/** Repeatedly takes away tasks whose requirements are gone; what is left is in a cycle or behind one. */
function tasksInCycles(tasks: readonly TaskIr[], byName: ReadonlyMap<string, TaskIr>): readonly string[] {
  const open = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const task of tasks) {
    const known = (task.requires ?? []).filter((name) => byName.has(name));
    open.set(task.name, known.length);
    for (const name of known) dependents.set(name, [...(dependents.get(name) ?? []), task.name]);
  }
  const ready = tasks.filter((task) => open.get(task.name) === 0).map((task) => task.name);
  for (const name of ready) {
    open.delete(name);
    for (const dependent of dependents.get(name) ?? []) {
      const left = (open.get(dependent) ?? 0) - 1;
      open.set(dependent, left);
      if (left === 0) ready.push(dependent);
    }
  }
  return [...open.keys()];
}

function lastPart(path: Path): string {
  return String(path[path.length - 1] ?? '');
}
