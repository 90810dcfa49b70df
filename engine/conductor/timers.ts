/** Timers of tasks. The host only knows their ids; what is due when they fire stands here. */
import { emit, type Machine, nextNumber, pushStep } from './machine.ts';
import type { TaskRecord, TimerRecord } from './records.ts';

export type TimerPlan = Pick<TimerRecord, 'kind' | 'seconds'> & Partial<Pick<TimerRecord, 'state' | 'state_info'>>;

/** Starts a timer for a task; one of no length falls due at once, as the next step. */
export function startTimer(machine: Machine, task: TaskRecord, plan: TimerPlan): void {
  const id = `${plan.kind}:${task.name}#${nextNumber(machine, 'timer')}`;
  const timer: TimerRecord = { state: task.state, state_info: null, ...plan, id, task_id: task.id };
  if (plan.seconds <= 0) {
    pushDue(machine, timer);
    return;
  }
  machine.timers.set(id, timer);
  machine.journal.onUndo(() => machine.timers.delete(id));
  if (plan.kind === 'timeout') machine.journal.set(task, 'timeout_timer', id);
  emit(machine, { type: 'timer.start', id, seconds: plan.seconds });
}

/** Takes back the timer of the `timeout` policy, if one runs. */
export function cancelTimeout(machine: Machine, task: TaskRecord): void {
  const timer = machine.timers.get(task.timeout_timer ?? '');
  machine.journal.set(task, 'timeout_timer', undefined);
  if (timer === undefined) return;
  forgetTimer(machine, timer);
  emit(machine, { type: 'timer.cancel', id: timer.id });
}

export function forgetTimer(machine: Machine, timer: TimerRecord): void {
  machine.timers.delete(timer.id);
  machine.journal.onUndo(() => machine.timers.set(timer.id, timer));
}

/** Queues what a timer was set for. */
export function pushDue(machine: Machine, timer: TimerRecord): void {
  const { task_id, state, state_info } = timer;
  switch (timer.kind) {
    case 'continue':
      return pushStep(machine, { kind: 'continue_task', task_id });
    case 'refresh':
      return pushStep(machine, { kind: 'refresh_join', task_id });
    case 'complete':
    case 'timeout':
      return pushStep(machine, { kind: 'complete_task', task_id, state, state_info });
  }
}
