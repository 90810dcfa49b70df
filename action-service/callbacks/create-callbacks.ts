import type { Config } from '../../platform/config/load-config.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { createBlobStore } from '../../platform/temporal/blob-store.ts';
import { createNativeClient } from '../../platform/temporal/temporal-client.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CallbackSender } from '../contract.ts';
import { createMistralV2Callback } from './mistral-v2.ts';

/** Every way to tell of an execution's end, by `callback.source`. Connections are made when they are first needed. */
export interface Callbacks {
  readonly senders: Readonly<Record<string, CallbackSender>>;
  close(): Promise<void>;
}

export function createCallbacks(config: Config, stores: Stores, logger: Logger): Callbacks {
  const temporal = createNativeClient(config, createBlobStore(stores.payloads), logger);
  return {
    senders: { mistral_v2: createMistralV2Callback(temporal.client) },
    close: () => temporal.close(),
  };
}
