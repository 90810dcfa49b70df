/** Cancel, pause, resume and re-run as users ask for them. Sentences and rules: `st2common/services/action.py`. */
import { NotFoundError, ValidationError } from '../core/errors.ts';
import { CANCELABLE_STATUSES } from '../core/statuses.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import type { ActionService } from './contract.ts';
import { isWorkflowRunner } from './workflow-runners.ts';

type Verbs = Pick<ActionService, 'cancel' | 'pause' | 'resume' | 'resumeChild' | 'rerun'>;

export function createLifeCycle(
  stores: Stores,
  { changeStatus, request }: Pick<ActionService, 'changeStatus' | 'request'>,
): Verbs {
  async function load(id: string): Promise<Execution> {
    const execution = await stores.executions.get(id);
    if (execution === undefined) throw new NotFoundError(`Unable to find the execution "${id}".`);
    return execution;
  }

  /** Runs the tasks again that hold a workflow: the same execution goes on. */
  async function goOn(execution: Execution, again: RerunTasks): Promise<Execution> {
    const { execution_id } = (execution.context.mistral ?? {}) as { readonly execution_id?: string };
    const failed = await stores.taskExecutions.find(
      { workflow_execution_id: execution_id, state: 'ERROR' },
      { include: ['name'] },
    );
    // A dotted name leads into a workflow below, by way of a task that has failed here.
    const names = new Set(failed.map((task) => task.name));
    const missing = again.tasks.filter((task) => !names.has(task.split('.')[0] ?? task));
    if (missing.length > 0) {
      throw new ValidationError(
        `Only tasks in error state can be rerun. Unable to identify rerunable tasks: ${missing.join(', ')}.`,
      );
    }
    const changed = await changeStatus(execution.id, 'resuming', { from: ['paused'], ...rerunOf(execution, again) });
    if (changed !== undefined) return changed;
    throw new ValidationError(`The execution "${execution.id}" is not paused any more.`);
  }

  function assertWorkflow(execution: Execution, verb: 'pause' | 'resume'): void {
    if (isWorkflowRunner(execution.runner_type)) return;
    throw new ValidationError(
      `Unable to ${verb} liveaction "${execution.liveaction_id}" because it is not supported by the "${execution.runner_type}" runner.`,
    );
  }

  return {
    async cancel(id, user) {
      const result = { message: 'Action canceled by user.', user };
      // Twice at most: the status may move on between reading and changing, but never back.
      for (;;) {
        const execution = await load(id);
        if (execution.status === 'canceling' || execution.status === 'canceled') return execution;
        if (!CANCELABLE_STATUSES.includes(execution.status)) {
          throw new ValidationError(`Action cannot be canceled. State = ${execution.status}.`, {
            status: execution.status,
          });
        }
        const { status, lease } = execution;
        const started = lease !== undefined || ['running', 'pausing', 'paused', 'resuming'].includes(status);
        const to = execution.parent !== undefined || started ? 'canceling' : 'canceled';
        const changed = await changeStatus(id, to, {
          result,
          context: { cancelled_by: user },
          from: [execution.status],
          // Taken since it was read: somebody starts it, and has to be told.
          ifUnleased: to === 'canceled',
        });
        if (changed !== undefined) return changed;
      }
    },

    async pause(id) {
      const execution = await load(id);
      assertWorkflow(execution, 'pause');
      // From now on it is a user's pause, which no answer ends.
      if (execution.status === 'pausing' && execution.pause_state !== undefined) {
        const mine = await stores.executions.updateOne({ id, status: 'pausing' }, { $unset: { pause_state: 1 } });
        return mine ?? execution;
      }
      if (execution.status === 'pausing' || execution.status === 'paused') return execution;
      const changed =
        execution.status === 'running' ? await changeStatus(id, 'pausing', { from: ['running'] }) : undefined;
      if (changed !== undefined) return changed;
      throw new ValidationError(
        `Unable to pause liveaction "${execution.liveaction_id}" because it is not in a running state.`,
      );
    },

    async resume(id) {
      const execution = await load(id);
      assertWorkflow(execution, 'resume');
      if (execution.status === 'running' || execution.status === 'resuming') return execution;
      const changed =
        execution.status === 'paused'
          ? // Tasks that were run again on an earlier occasion are not meant now.
            await changeStatus(id, 'resuming', { from: ['paused'], ...rerunOf(execution, undefined) })
          : undefined;
      if (changed !== undefined) return changed;
      throw new ValidationError(
        `Unable to resume liveaction "${execution.liveaction_id}" because it is in "${execution.status}" state and not in "paused" state.`,
      );
    },

    async resumeChild(id, user) {
      const pausing = { id, status: 'pausing' };
      const passing = await stores.executions.updateOne(pausing, { $set: { pause_state: 'passing' } });
      return passing ?? this.resume(id, user);
    },

    async rerun(id, { parameters = {}, tasks, reset, delay, user, noMerge = false }) {
      const execution = await load(id);
      if (tasks !== undefined && tasks.length > 0 && !isRerunnable(execution.runner_type)) {
        throw new ValidationError('Task option is only supported for Mistral workflows.');
      }
      if (tasks !== undefined && tasks.length > 0 && isHeld(execution)) {
        return goOn(execution, { tasks, reset: reset ?? tasks });
      }
      const { trace_context: _trace, ...context } = originalContext(execution);
      return request({
        action: execution.action_ref,
        parameters: noMerge ? parameters : { ...execution.parameters, ...parameters },
        user,
        context: {
          ...context,
          're-run': {
            ref: id,
            ...(tasks === undefined || tasks.length === 0 ? {} : { tasks, reset: reset ?? tasks }),
          },
          ...(execution.trace_id === undefined ? {} : { trace_context: { id_: execution.trace_id } }),
        },
        ...(delay === undefined ? {} : { delay }),
      });
    },
  };
}

interface RerunTasks {
  readonly tasks: readonly string[];
  readonly reset: readonly string[];
}

/** Paused by a failed task, as it was asked to. */
function isHeld({ status, context }: Execution): boolean {
  return status === 'paused' && context.hold_on_failure === true;
}

/** The context's note of tasks to run again within the same execution; the runner reads it at resume. */
function rerunOf(
  { id, context }: Execution,
  again: RerunTasks | undefined,
): { readonly context?: Readonly<Record<string, unknown>> } {
  if (again !== undefined) return { context: { 're-run': { ref: id, ...again } } };
  const before = context['re-run'] as { readonly ref?: unknown } | undefined;
  return before?.ref === id ? { context: { 're-run': { ref: id } } } : {};
}

function isRerunnable(runnerType: string): boolean {
  return runnerType === 'mistral-v2' || runnerType === 'orquesta';
}

/** Nothing of the old run's context goes over to a re-run: it is a run of its own, of the user who asks for it. */
function originalContext(_execution: Execution): Readonly<Record<string, unknown>> {
  return {};
}
