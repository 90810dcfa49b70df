/** Carrying out of what follows: tasks are created, engine commands done, what comes after a pause is kept (Mistral: `dispatcher.py`). */
import { ENGINE_COMMANDS } from './commands/index.ts';
import { arriveAtJoin, isJoin } from './joins.ts';
import { findTask, type Machine, pushStep } from './machine.ts';
import type { TaskCommand } from './records.ts';
import { isCompleted } from './states.ts';
import { createTask } from './tasks.ts';

type RunCommand = Extract<TaskCommand, { kind: 'run' }>;

/** First what a pause has held back, then what is new. */
export function dispatchCommands(machine: Machine, commands: readonly TaskCommand[]): void {
  const { backlog } = machine.workflow;
  if (backlog.length > 0) {
    machine.journal.set(machine.workflow, 'backlog', []);
    dispatchList(machine, backlog);
  }
  dispatchList(machine, commands);
}

function dispatchList(machine: Machine, commands: readonly TaskCommand[]): void {
  for (const command of inMistralsOrder(machine, commands)) {
    if (isCompleted(machine.workflow.state)) return;
    if (machine.workflow.state === 'PAUSED') {
      machine.journal.set(machine.workflow, 'backlog', [...machine.workflow.backlog, command]);
    } else {
      dispatchOne(machine, command);
    }
  }
}

/**
 * The order in which Mistral carries commands out: up to the first that changes the workflow's state, tasks from the last to the first and then
 * joins by name. It tells who wins where branches of equal weight publish the same variable, or where one of them ends the workflow.
 * What comes after `fail` or `succeed` is dropped; what comes after `pause` is kept for later as it stands.
 */
function inMistralsOrder(machine: Machine, commands: readonly TaskCommand[]): readonly TaskCommand[] {
  const place = commands.findIndex((command) => command.kind === 'engine' && command.name !== 'noop');
  const deciding = place < 0 ? commands.length : place;
  const before = commands.slice(0, deciding);
  const joins = before.filter((command) => command.kind === 'run' && isJoin(machine, command.task)) as RunCommand[];
  const others = before.filter((command) => !(joins as readonly TaskCommand[]).includes(command));
  const decision = commands[deciding];
  const kept = decision?.kind === 'engine' && decision.name === 'pause' ? commands.length : deciding + 1;
  return [...others.reverse(), ...joins.sort(byTaskName), ...commands.slice(deciding, kept)];
}

function byTaskName(left: RunCommand, right: RunCommand): number {
  if (left.task === right.task) return 0;
  return left.task < right.task ? -1 : 1;
}

function dispatchOne(machine: Machine, command: TaskCommand): void {
  switch (command.kind) {
    case 'engine':
      return ENGINE_COMMANDS[command.name](machine, command.message);
    case 'run_existing': {
      const task = findTask(machine, command.task_id);
      if (task === undefined) return;
      const { rerun, reset } = command;
      return pushStep(machine, { kind: 'run_task', task_id: task.id, first: false, rerun, reset });
    }
    case 'run': {
      if (isJoin(machine, command.task)) return arriveAtJoin(machine, command);
      const { task: name, context, triggered_by } = command;
      const task = createTask(machine, { name, state: 'IDLE', state_info: null, context, triggered_by });
      return pushStep(machine, { kind: 'run_task', task_id: task.id, first: true, rerun: false, reset: false });
    }
  }
}
