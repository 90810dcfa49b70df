import { hostname } from 'node:os';
import { createMistralV2Callback } from '../../action-service/callbacks/mistral-v2.ts';
import { createActionService } from '../../action-service/create-action-service.ts';
import { createKeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { type Bus, type Consumer, EXCHANGES, type Message } from '../../platform/bus/bus.ts';
import { createBus } from '../../platform/bus/create-bus.ts';
import type { Config } from '../../platform/config/load-config.ts';
import { composeServices, type Service, type ServiceContext } from '../../platform/lifecycle.ts';
import { connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { createBlobStore } from '../../platform/temporal/blob-store.ts';
import { createTemporalClient } from '../../platform/temporal/temporal-client.ts';
import { createStores } from '../../stores/stores.ts';
import { deliverFor, sweepCallbacks } from './deliver-callbacks.ts';
import { createEventTriggers, type EventTriggers } from './event-triggers.ts';
import { fireCronTriggers } from './fire-cron-triggers.ts';
import { measureLag } from './measure-lag.ts';
import type { WorkflowNews } from './read-ahead.ts';
import type { TrackerContext } from './tracker-context.ts';
import { createWatch, type Watch } from './watch-executions.ts';

const SWEEP_MS = 1_000;

/** The results tracker: keeps executions in step with their workflows and repairs what was lost between the two. */
export async function createTracker({ config, logger }: ServiceContext): Promise<Service> {
  const mongo = await connectMongo(config, logger);
  const stores = createStores(mongo);
  const temporal = createTemporalClient(config, createBlobStore(stores.payloads));
  const bus = createBus(config, logger);
  const callback = createMistralV2Callback(async () => temporal.client);
  const actions = createActionService({
    stores,
    bus,
    logger,
    keyValues: createKeyValueService(stores, config.keyvalue.encryption_key_path),
    callbacks: { mistral_v2: callback },
    systemUser: config.system.user,
    maskSecrets: config.api.mask_secrets,
    webUrl: config.webui.base_url,
  });
  const { client, settings } = temporal;
  const context = { stores, client, actions, callback, logger, taskQueue: settings.taskQueue };
  const watch = createWatch(context, bus, watchOptions(config));
  measureLag(stores, watch);
  const infrastructure: Service = {
    async start() {
      await temporal.ensureConnected();
      await bus.start();
    },
    async stop() {
      await actions.flush();
      await bus.stop();
      await temporal.close();
      await mongo.close();
    },
  };
  const events = createEventTriggers(context, bus);
  const consumers = createConsumers(bus, watch, context, config);
  return composeServices([infrastructure, watch, consumers, events, createSweeps(context, events)]);
}

function watchOptions(config: Config) {
  const { query_interval, thread_pool_size, lease } = config.resultstracker;
  return {
    owner: config.services.instance || `${hostname()}:${process.pid}`,
    interval: query_interval * 1_000,
    poolSize: thread_pool_size,
    lease: lease * 1_000,
  };
}

/** News of a workflow, and what another process asks for, reach one tracker. */
function createConsumers(bus: Bus, watch: Watch, context: TrackerContext, config: Config): Service {
  const consumers: Consumer[] = [];
  return {
    async start() {
      consumers.push(
        await bus.consume({
          queue: 'st2.resultstracker.work',
          bindings: [{ exchange: EXCHANGES.workflowStatus, routing_key: '#' }],
          prefetch: config.resultstracker.thread_pool_size,
          handler: async (message) => {
            const { st2_execution_id: id } = message;
            if (typeof id === 'string') await watch.news(id, toNews(message));
          },
        }),
        await bus.consume({
          queue: 'st2.resultstracker.callbacks',
          bindings: [{ exchange: EXCHANGES.executionCallback, routing_key: 'mistral_v2' }],
          prefetch: config.resultstracker.thread_pool_size,
          handler: ({ id }) => deliverFor(context, String(id)),
        }),
      );
    },
    async stop() {
      for (const consumer of consumers.splice(0)) await consumer.cancel();
    },
  };
}

/** `undefined` for a message of a version of before, which says less. */
function toNews({ workflow_execution_id: uuid, state, version }: Message): WorkflowNews | undefined {
  if (typeof uuid !== 'string' || typeof state !== 'string' || typeof version !== 'number') return undefined;
  return { uuid, state, version };
}

/** What is looked for by the clock. */
function createSweeps(context: TrackerContext, events: EventTriggers): Service {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const schedule = () => {
    timer = setTimeout(
      () => {
        running = Promise.all([sweepCallbacks(context), fireCronTriggers(context), events.followTriggers()]).finally(
          () => {
            if (timer !== undefined) schedule();
          },
        );
      },
      SWEEP_MS * (0.8 + Math.random() * 0.4),
    );
  };
  return {
    async start() {
      schedule();
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await running;
    },
  };
}
