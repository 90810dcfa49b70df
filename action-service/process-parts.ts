/** What a process above this layer is built from: database, bus, action service. */
import { hostname } from 'node:os';
import type { Bus } from '../platform/bus/bus.ts';
import { createBus } from '../platform/bus/create-bus.ts';
import type { Service, ServiceContext } from '../platform/lifecycle.ts';
import { connectMongo } from '../platform/mongo/connect-mongo.ts';
import { createStores, type Stores } from '../stores/stores.ts';
import { createCallbacks } from './callbacks/create-callbacks.ts';
import type { ActionService } from './contract.ts';
import { type ActionServiceParts, createActionService } from './create-action-service.ts';
import { createHeldActions } from './held-actions.ts';
import { createKeyValueService, type KeyValueService } from './keyvalue/keyvalue-service.ts';
import { isQuietEnd } from './quiet-end.ts';
import { createTriggerDispatch, type DispatchTrigger } from './triggers/dispatch-trigger.ts';
import { createRuleWatch } from './triggers/rule-watch.ts';

export interface ProcessParts {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly actions: ActionService & ActionServiceParts;
  readonly keyValues: KeyValueService;
  readonly dispatch: DispatchTrigger;
  /** Name of this process among all, for leases. */
  readonly instance: string;
  /** First to start, last to stop. */
  readonly infrastructure: Service;
}

export interface ProcessOptions {
  /** For a process that ends many executions: it records by itself those ends that nobody is to hear of. */
  readonly recordsEnds?: boolean;
}

export async function createProcessParts(
  { config, logger }: ServiceContext,
  { recordsEnds = false }: ProcessOptions = {},
): Promise<ProcessParts> {
  const connection = await connectMongo(config, logger);
  const stores = createStores(connection);
  const bus = createBus(config, logger);
  const keyValues = createKeyValueService(stores, config.keyvalue.encryption_key_path);
  const callbacks = createCallbacks(config, stores, logger);
  const rules = recordsEnds ? createRuleWatch(stores, bus) : undefined;
  const listeners = rules && { hasPolicy: createHeldActions(stores), hasRules: rules.hasRules };
  const actions = createActionService({
    stores,
    bus,
    logger,
    keyValues,
    callbacks: callbacks.senders,
    systemUser: config.system.user,
    maskSecrets: config.api.mask_secrets,
    webUrl: config.webui.base_url,
    ...(listeners && {
      isQuietEnd: ({ action_ref: actionRef, notify }) =>
        isQuietEnd({ actionRef, notifies: notify !== undefined }, listeners),
    }),
  });
  return {
    stores,
    bus,
    actions,
    keyValues,
    dispatch: createTriggerDispatch(stores, bus),
    instance: config.services.instance || `${hostname()}:${process.pid}`,
    infrastructure: {
      async start() {
        await bus.start();
        await rules?.start();
      },
      async stop() {
        await actions.flush();
        await rules?.stop();
        await bus.stop();
        await callbacks.close();
        await connection.close();
      },
    },
  };
}
