/**
 * Starts the workflows of Mistral's event triggers. All trackers share one queue: an event is taken by one of them. It is bound to
 * the exchanges that triggers name; a message that no trigger wants is taken and forgotten.
 *
 * Mistral starts workflows of private triggers for events of their own project only; there are no projects here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../core/errors.ts';
import { type Binding, type Bus, type Message, NotNowError, type QueueConsumer } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { OpenRecord } from '../../stores/records.ts';
import { isPassingFailure } from '../executions/passing-failure.ts';
import { startExecution } from '../executions/start-execution.ts';
import { type Notification, readNotification } from './read-notification.ts';
import type { TrackerContext } from './tracker-context.ts';
import { triggerRequest } from './trigger-request.ts';

const QUEUE = 'st2.resultstracker.event_triggers';
/** Of oslo.messaging, as far as Mistral listens to them. */
const PRIORITIES = ['audit', 'critical', 'debug', 'error', 'info'] as const;
/** Events under way at once. */
const AT_ONCE = 10;
const AGAIN_MS = 1_000;

export interface EventTriggers extends Service {
  /** Listens where the stored triggers say; for the clock to call. */
  followTriggers(): Promise<void>;
}

export function createEventTriggers(context: TrackerContext, bus: Bus): EventTriggers {
  const { stores, logger } = context;
  let consumer: QueueConsumer | undefined;
  let bound = '';
  let isStopped = false;

  async function take(message: Message, routingKey: string, exchange: string): Promise<void> {
    const notification = readNotification(message);
    if (notification === undefined) {
      logger.warn({ exchange, routing_key: routingKey }, 'message for event triggers is no notification, dropped');
      return;
    }
    // What is not settled when the process ends is delivered to another.
    for (;;) {
      try {
        return await start(notification, topicOf(routingKey), exchange);
      } catch (error) {
        if (!isPassingFailure(error)) throw error;
        // It may have been delivered before, when its tracker was killed: that must not cost its workflows.
        if (isStopped) throw new NotNowError(`An event is left to another tracker: ${errorMessage(error)}`, error);
        logger.warn({ reason: errorMessage(error) }, 'an event waits for its workflows to be startable');
        await sleep(AGAIN_MS);
      }
    }
  }

  async function start(notification: Notification, topic: string, exchange: string): Promise<void> {
    const wanted = { exchange, topic, event: notification.event_type };
    for (const trigger of await stores.eventTriggers.find(wanted)) {
      try {
        await startExecution(context, toRequest(trigger, notification));
      } catch (error) {
        if (isPassingFailure(error)) throw error;
        // As with Mistral: the other triggers have their workflows all the same.
        logger.error(
          { trigger: trigger.id, reason: errorMessage(error) },
          'event trigger could not start its workflow',
        );
      }
    }
  }

  async function followTriggers(): Promise<void> {
    try {
      const bindings = toBindings(await stores.eventTriggers.find({}, { include: ['exchange', 'topic'] }));
      const wanted = JSON.stringify(bindings);
      if (wanted === bound) return;
      if (consumer !== undefined) await consumer.rebind(bindings);
      else if (bindings.length > 0 || (await wasUsed())) {
        consumer = await bus.consume({ queue: QUEUE, bindings, prefetch: AT_ONCE, handler: take });
      }
      bound = wanted;
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'event triggers could not be followed');
    }
  }

  /** What triggers of earlier times are still sent must not pile up. */
  function wasUsed(): Promise<boolean> {
    return bus.inspect(QUEUE).then(
      () => true,
      () => false,
    );
  }

  return {
    start: followTriggers,
    followTriggers,
    async stop() {
      isStopped = true;
      await consumer?.cancel();
    },
  };
}

function toBindings(triggers: readonly OpenRecord[]): readonly Binding[] {
  const places = new Set(triggers.map(({ exchange, topic }) => JSON.stringify([exchange, topic])));
  return [...places].sort().flatMap((place) => {
    const [exchange, topic] = JSON.parse(place) as [string, string];
    return PRIORITIES.map((priority) => ({ exchange, routing_key: `${topic}.${priority}`, foreign: true }));
  });
}

/** `notifications.info` is the topic `notifications` with a priority. */
function topicOf(routingKey: string): string {
  return routingKey.slice(0, routingKey.lastIndexOf('.'));
}

function toRequest(trigger: OpenRecord, { message_id, params }: Notification) {
  const description = {
    description: `Workflow execution created by event trigger '(${trigger.id})'.`,
    triggered_by: { type: 'event_trigger', id: trigger.id, name: trigger.name },
  };
  return triggerRequest(trigger, {
    // An event may be delivered twice.
    ...(message_id === undefined ? {} : { occasion: message_id }),
    description: JSON.stringify(description),
    params: { event_params: params },
  });
}
