import type { ActionService } from '../action-service/contract.ts';
import { createActionService } from '../action-service/create-action-service.ts';
import { createKeyValueService, type KeyValueService } from '../action-service/keyvalue/keyvalue-service.ts';
import type { Traces } from '../action-service/traces.ts';
import { createTriggerDispatch, type DispatchTrigger } from '../action-service/triggers/dispatch-trigger.ts';
import { createTriggerService, type TriggerService } from '../action-service/triggers/trigger-service.ts';
import type { Bus } from '../platform/bus/bus.ts';
import type { Config } from '../platform/config/load-config.ts';
import type { Logger } from '../platform/logging/create-logger.ts';
import type { Stores } from '../stores/stores.ts';
import { type Authorizer, createAuthorizer } from './server/authorize.ts';

/** What the resources of st2api are built from. */
export interface ApiContext {
  readonly config: Config;
  readonly logger: Logger;
  readonly stores: Stores;
  readonly bus: Bus;
  readonly actions: ActionService & { readonly traces: Traces };
  readonly keyValues: KeyValueService;
  readonly triggers: TriggerService;
  /** Stores a trigger instance and announces it. */
  readonly dispatch: DispatchTrigger;
  /** For permissions that depend on what a request leads to; those on what it names are asked by its route. */
  readonly authorizer: Authorizer;
}

/** Builds the services that the resources share. */
export function createApiContext(config: Config, logger: Logger, stores: Stores, bus: Bus): ApiContext {
  const keyValues = createKeyValueService(stores, config.keyvalue.encryption_key_path);
  const actions = createActionService({
    stores,
    bus,
    logger,
    keyValues,
    systemUser: config.system.user,
    maskSecrets: config.api.mask_secrets,
    webUrl: config.webui.base_url,
  });
  const triggers = createTriggerService(stores, bus);
  const dispatch = createTriggerDispatch(stores, bus);
  const authorizer = createAuthorizer(stores, config);
  return { config, logger, stores, bus, actions, keyValues, triggers, dispatch, authorizer };
}
