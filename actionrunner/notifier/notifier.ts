/**
 * The notifier: what follows from the end of an execution: retries by policy, notifications, the trigger that rules hear.
 *
 * 1. An end is marked (`notify_state`) once all that follows from it is stored: one whose notifier was killed meanwhile is looked at
 *    again. What follows has ids made of the execution, so that it is stored once. Where nothing is to be sent, ends are recorded
 *    many at once.
 * 2. A sweep finds ends whose message was lost.
 * 3. Retries of what a workflow waits for are made by whoever ends the execution (dispatcher, sweeps), before the workflow
 *    hears of it; here those of executions that end elsewhere (workflows).
 */
import type { ActionService } from '../../action-service/contract.ts';
import type { KeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { isQuietEnd } from '../../action-service/quiet-end.ts';
import type { DispatchTrigger } from '../../action-service/triggers/dispatch-trigger.ts';
import { ACTION_TRIGGER, NOTIFY_TRIGGER } from '../../action-service/triggers/internal-trigger-types.ts';
import { actionEnds, recordUnheardEnds, traceContextOf } from '../../action-service/triggers/record-ends.ts';
import type { RuleWatch } from '../../action-service/triggers/rule-watch.ts';
import { errorMessage } from '../../core/errors.ts';
import { renderValues } from '../../core/expressions/stackstorm.ts';
import { withKeyValues } from '../../core/params/index.ts';
import { keyValueRoot } from '../../core/params/key-value-lookup.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import { createBatch } from '../../platform/batch.ts';
import { type Bus, bindingsOf, type Consumer, EXCHANGES, type Message } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { idOf } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
import { findStale } from '../../stores/find-stale.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Policies } from '../policies/policies.ts';
import { notifications, type RenderNotification } from './notify-section.ts';

/** More than come within {@link QUIET_WAIT_MS}: what waits for its batch must not keep others from coming. */
const PREFETCH = 200;
const QUIET_WAIT_MS = 200;
const QUIET_AT_ONCE = 50;
const SWEEP_MS = 5_000;
/** Age from which the message of an end counts as lost. */
const LOST_AFTER_MS = 10_000;
const BATCH = 200;

export interface NotifierDeps {
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly bus: Bus;
  readonly keyValues: KeyValueService;
  readonly policies: Pick<Policies, 'after' | 'hasAfter'>;
  readonly dispatch: DispatchTrigger;
  readonly rules: RuleWatch;
  readonly logger: Logger;
}

function notificationId(executionId: string, index: number): string {
  return idOf('sha256', `${executionId} ${index}`);
}

export function createNotifier(deps: NotifierDeps): Service {
  const { stores, actions, bus, keyValues, policies, dispatch, rules } = deps;
  const logger = deps.logger.child({ component: 'notifier' });
  let consumer: Consumer | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();

  function renderFor(execution: Execution): RenderNotification {
    return async (mapping) => {
      try {
        return await withKeyValues(
          ({ scope, key, user }) => keyValues.value(scope, key, user ?? '', false),
          (source) =>
            toJsonValue(
              renderValues(mapping, {
                st2kv: { system: keyValueRoot(source, '').system },
                action_parameters: execution.parameters,
                action_context: execution.context,
                action_results: execution.result ?? {},
              }),
            ) as Readonly<Record<string, unknown>>,
        );
      } catch (error) {
        logger.warn({ execution_id: execution.id, reason: errorMessage(error) }, 'notification could not be rendered');
        return mapping;
      }
    };
  }

  async function announceEnd(execution: Execution): Promise<void> {
    const { id } = execution;
    const told = await notifications(execution, renderFor(execution));
    for (const [index, payload] of told.entries()) {
      const traceContext = traceContextOf(execution);
      await dispatch({ id: notificationId(id, index), trigger: NOTIFY_TRIGGER, payload, traceContext });
    }
    const unheard = !(await rules.hasRules(ACTION_TRIGGER));
    for (const occurrence of await actionEnds(actions, [execution])) await dispatch({ ...occurrence, unheard });
  }

  async function handle(id: string): Promise<void> {
    const ended = { id, status: { $in: COMPLETED_STATUSES }, notify_state: 'pending' };
    const execution = await stores.executions.findOne(ended);
    if (execution === undefined) return;
    // With a callback somebody waits for this very execution and has been told of its end.
    if (execution.callback === undefined) await policies.after(execution);
    await announceEnd(execution);
    await stores.executions.updateOne({ id }, { $set: { notify_state: 'done' } }, { exclude: ['result'] });
  }

  async function isQuiet({ action_ref: actionRef, notify }: Message): Promise<boolean> {
    if (typeof actionRef !== 'string') return false;
    return isQuietEnd({ actionRef, notifies: notify !== false }, { ...rules, hasPolicy: policies.hasAfter });
  }

  /**
   * Quiet ends are recorded many at once.
   */
  const quietEnds = createBatch<string>(
    async (ids) => {
      const ended = { id: { $in: [...ids] }, status: { $in: COMPLETED_STATUSES }, notify_state: 'pending' };
      await recordUnheardEnds(stores, actions, await stores.executions.find(ended));
      await stores.executions.updateMany(ended, { $set: { notify_state: 'done' } });
    },
    { waitMs: QUIET_WAIT_MS, most: QUIET_AT_ONCE },
  );

  async function sweep(): Promise<void> {
    const pending = { notify_state: 'pending', status: { $in: COMPLETED_STATUSES } };
    const missed = await findStale(stores.executions, LOST_AFTER_MS, pending, { limit: BATCH, include: ['status'] });
    for (const { id } of missed) {
      // One that cannot be handled must not keep back those behind it.
      await handle(id).catch((error: unknown) =>
        logger.warn(
          { execution_id: id, reason: errorMessage(error) },
          'missed end could not be handled, it is tried again',
        ),
      );
    }
  }

  function armSweep(): void {
    timer = setTimeout(() => {
      sweeping = sweep()
        .catch((error: unknown) => logger.warn({ reason: errorMessage(error) }, 'sweep for missed ends failed'))
        .finally(() => {
          if (timer !== undefined) armSweep();
        });
    }, SWEEP_MS);
  }

  return {
    async start() {
      await rules.start();
      const ends = bindingsOf(EXCHANGES.executionEnd, COMPLETED_STATUSES);
      const changes = bindingsOf(EXCHANGES.liveactionStatus, COMPLETED_STATUSES);
      const queue = await bus.consume({
        queue: 'st2.notifiers.execution.work',
        prefetch: PREFETCH,
        bindings: [...ends, ...changes],
        async handler(message) {
          const id = String(message.id);
          await ((await isQuiet(message)) ? quietEnds.add(id) : handle(id));
        },
      });
      consumer = queue;
      // The queue lasts: an earlier version of the notifier has it bound to every end, also the quiet ones.
      await queue.rebind(ends);
      armSweep();
      logger.info('notifier follows executions');
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      const drained = consumer?.cancel();
      await quietEnds.flush();
      await drained;
      await sweeping;
      await rules.stop();
    },
  };
}
