/** Direct workflows: each completed task names those that follow. */

import { type Context, EMPTY_CONTEXT } from './context.ts';
import type { Controller } from './controller.ts';
import { joinInboundContext } from './joins.ts';
import type { TaskCommand, TaskRecord } from './records.ts';
import { isCompleted } from './states.ts';
import { findDirectCommands, mergeOutbound } from './transitions.ts';

export const directController: Controller = {
  startCommands: (machine) => machine.graph.starts.map((name) => runCommand(name, EMPTY_CONTEXT)),
  nextCommands: (machine, tasks) => tasks.flatMap((task) => findDirectCommands(machine, task)),
  inboundContext: joinInboundContext,
  finalContext: (machine) => mergeOutbound(machine.tasks.filter(isEndTask)),
};

function runCommand(task: string, context: Context): TaskCommand {
  return { kind: 'run', task, context, triggered_by: [], handles_error: false };
}

/** A completed task that led to no further one. A task cut off by an engine command still counts as led to. */
function isEndTask(task: TaskRecord): boolean {
  return isCompleted(task.state) && (task.next_tasks === undefined || task.next_tasks.length === 0);
}
