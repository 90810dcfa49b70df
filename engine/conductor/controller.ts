/** What tells one type of workflow from another: who starts, who follows, which context. */
import type { WorkflowIr } from '../../workflow-translator/ir.ts';
import type { Context } from './context.ts';
import { directController } from './direct.ts';
import type { Machine } from './machine.ts';
import type { TaskCommand, TaskRecord } from './records.ts';
import { reverseController } from './reverse.ts';

export interface Controller {
  startCommands(machine: Machine): readonly TaskCommand[];
  /** What follows from completed tasks. */
  nextCommands(machine: Machine, tasks: readonly TaskRecord[]): readonly TaskCommand[];
  /** The context that a task has now from those before it; what it had stays below. */
  inboundContext(machine: Machine, task: TaskRecord): Context;
  /** The context that the output is made of. */
  finalContext(machine: Machine): Context;
}

const CONTROLLERS: Readonly<Record<WorkflowIr['type'], Controller>> = {
  direct: directController,
  reverse: reverseController,
};

export function controllerOf(machine: Machine): Controller {
  return CONTROLLERS[machine.ir.type];
}
