import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';
import type { BlobStore } from './blob-store.ts';
import { createPayloadCodec } from './payload-codec.ts';

/** The settings of Temporal's clients and workers in this product. */
export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
}

export interface TemporalClient {
  readonly client: Client;
  readonly settings: TemporalSettings;
  /** @throws UnavailableError when no server answers within 5 s */
  ensureConnected(): Promise<void>;
  close(): Promise<void>;
}

export function temporalSettings(config: Config): TemporalSettings {
  const { address, namespace, task_queue } = config.temporal;
  return { address, namespace, taskQueue: task_queue };
}

/** How payloads are written and read, by every client and worker alike. */
export function createDataConverter(blobs: BlobStore): DataConverter {
  return { payloadCodecs: [createPayloadCodec({ blobs })] };
}

/** A client that connects when it is first used and again when the server has been away. */
export function createTemporalClient(
  config: Config,
  blobs: BlobStore,
  options: ConnectionOptions = {},
): TemporalClient {
  const settings = temporalSettings(config);
  const connection = Connection.lazy({ address: settings.address, connectTimeout: 5_000, ...options });
  const client = new Client({
    connection,
    namespace: settings.namespace,
    dataConverter: createDataConverter(blobs),
    // A closed workflow is not asked: its record tells how it ended.
    workflow: { queryRejectCondition: 'NOT_OPEN' },
  });
  return {
    client,
    settings,
    async ensureConnected() {
      try {
        await connection.ensureConnected();
      } catch (error) {
        throw new UnavailableError(
          `Temporal at ${settings.address} does not answer: ${errorMessage(error)}. Set TEMPORAL_ADDRESS.`,
          {},
          error,
        );
      }
    },
    close: () => connection.close(),
  };
}
