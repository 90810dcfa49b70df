import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type ConnectionLike, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';
import { readTlsFiles } from '../config/tls.ts';
import type { Logger } from '../logging/create-logger.ts';
import { explainTemporal, isTemporalTls } from '../tls/links.ts';
import type { BlobStore } from './blob-store.ts';
import { createEncryptionCodec, encryptBlobs } from './encryption-codec.ts';
import { loadPayloadProtection, type PayloadProtection } from './keyring.ts';
import { createPayloadCodec } from './payload-codec.ts';
import { traceWorkflowStarts } from './trace-headers.ts';

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

/** Milliseconds. */
const CONNECT_LIMIT_MS = 5_000;

export function temporalSettings(config: Config): TemporalSettings {
  const { address, namespace, task_queue } = config.temporal;
  return { address, namespace, taskQueue: task_queue };
}

/**
 * How payloads are written and read, by every client and worker alike. Secrets are looked for before anything else is done to a
 * payload; where all are encrypted, that comes last, after they were made small.
 */
export function createDataConverter(blobs: BlobStore, protection?: PayloadProtection): DataConverter {
  if (protection === undefined) return { payloadCodecs: [createPayloadCodec({ blobs })] };
  const encryption = createEncryptionCodec(protection);
  if (protection.scope === 'secrets') return { payloadCodecs: [encryption, createPayloadCodec({ blobs })] };
  return { payloadCodecs: [createPayloadCodec({ blobs: encryptBlobs(blobs, protection) }), encryption] };
}

/** What clients and workers need to reach the server: address, TLS, API key. */
export function temporalConnection(config: Config) {
  const { address, tls_server_name, api_key } = config.temporal;
  const files = readTlsFiles(config.temporal);
  const { ca, cert, key } = files ?? {};
  return {
    address,
    ...(api_key === '' ? {} : { apiKey: api_key }),
    ...(isTemporalTls(config)
      ? {
          tls: {
            ...(ca === undefined ? {} : { serverRootCACertificate: ca }),
            ...(cert === undefined || key === undefined ? {} : { clientCertPair: { crt: cert, key } }),
            ...(tls_server_name === '' ? {} : { serverNameOverride: tls_server_name }),
          },
        }
      : {}),
  };
}

function createClient(config: Config, blobs: BlobStore, connection: ConnectionLike): Client {
  return new Client({
    connection,
    namespace: config.temporal.namespace,
    dataConverter: createDataConverter(blobs, loadPayloadProtection(config)),
    interceptors: { workflow: [traceWorkflowStarts()] },
    // A closed workflow is not asked: its record tells how it ended.
    workflow: { queryRejectCondition: 'NOT_OPEN' },
  });
}

/** A client that connects when it is first used and again when the server has been away. */
export function createTemporalClient(
  config: Config,
  blobs: BlobStore,
  options: ConnectionOptions = {},
): TemporalClient {
  const settings = temporalSettings(config);
  const connection = Connection.lazy({ ...temporalConnection(config), connectTimeout: CONNECT_LIMIT_MS, ...options });
  const client = createClient(config, blobs, connection);
  return {
    client,
    settings,
    async ensureConnected() {
      try {
        await connection.ensureConnected();
      } catch (error) {
        const why = (await explainTemporal(config))?.text ?? `${errorMessage(error)}. Set TEMPORAL_ADDRESS.`;
        throw new UnavailableError(`Temporal at ${settings.address} does not answer: ${why}`, {}, error);
      }
    },
    close: () => connection.close(),
  };
}

/** A client for what is done for every action. */
export interface NativeClient {
  /** Connects at the first call. @throws UnavailableError or TransportError when the server does not answer */
  client(): Promise<Client>;
  close(): Promise<void>;
}

/** Like {@link createTemporalClient}, through the core of the SDK, which is loaded when it is first used. */
export function createNativeClient(config: Config, blobs: BlobStore, logger: Logger): NativeClient {
  let connected: Promise<{ readonly client: Client; close(): Promise<void> }> | undefined;

  async function connect() {
    const { connectNatively, installRuntime } = await import('./native-connection.ts');
    installRuntime(logger);
    const connecting = connectNatively(temporalConnection(config));
    const late = sleep(CONNECT_LIMIT_MS, undefined, { ref: false }).then(() => {
      throw new UnavailableError(`Temporal at ${config.temporal.address} does not answer.`);
    });
    // The core would wait for as long as the server hangs.
    const connection = await Promise.race([connecting, late]).catch((error: unknown) => {
      connecting.then((unwanted) => unwanted.close()).catch(() => undefined);
      throw error;
    });
    return { client: createClient(config, blobs, connection), close: () => connection.close() };
  }

  return {
    async client() {
      connected ??= connect().catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      return (await connected).client;
    },
    async close() {
      await (await connected?.catch(() => undefined))?.close();
    },
  };
}
