import { findToken } from '../../action-service/tokens.ts';
import { UnauthorizedError, ValidationError } from '../../core/errors.ts';
import { apiBaseUrl, assertServicesReach } from '../../platform/config/load-config.ts';
import type { Service, ServiceContext } from '../../platform/lifecycle.ts';
import { connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { createBlobStore } from '../../platform/temporal/blob-store.ts';
import { loadPayloadProtection } from '../../platform/temporal/keyring.ts';
import { ensureSearchAttributes } from '../../platform/temporal/search-attributes.ts';
import { createDataConverter, createTemporalClient } from '../../platform/temporal/temporal-client.ts';
import { createStores, type Stores } from '../../stores/stores.ts';
import { SEARCH_ATTRIBUTES } from '../contract.ts';
import { createFindExactWorkflow } from '../definitions/find-exact-workflow.ts';
import { createCredentials } from '../worker/credentials.ts';
import { registerCodec } from './codec-routes.ts';
import { createApp } from './create-app.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** mistral-api: Mistral's API v2 over the definitions and executions of the engine. */
export async function createMistralApi({ config, logger }: ServiceContext): Promise<Service> {
  const { host, port, auth_enable } = config.mistral;
  if (!auth_enable && !LOOPBACK.has(host)) {
    throw new ValidationError(
      `mistral-api listens on loopback only unless it asks for tokens: set MISTRAL_API__AUTH=true for ${host}.`,
    );
  }
  assertServicesReach(config);
  const mongo = await connectMongo(config, logger);
  const stores = createStores(mongo);
  const blobs = createBlobStore(stores.payloads);
  const temporal = createTemporalClient(config, blobs);
  const { client, settings } = temporal;
  const app = await createApp(
    {
      stores,
      blobs,
      client,
      logger,
      taskQueue: settings.taskQueue,
      exactWorkflows: createFindExactWorkflow(stores),
      st2api: { url: apiBaseUrl(config), credentialsFor: createCredentials(stores, config) },
    },
    {
      config,
      authenticate: async (request) => {
        return auth_enable ? await userOfToken(stores, request.headers['x-auth-token']) : undefined;
      },
      checkReady: async () => {
        await Promise.all([temporal.ensureConnected(), stores.environments.count({ name: '' })]);
      },
    },
  );
  const protection = loadPayloadProtection(config);
  if (protection === undefined) {
    logger.warn('no key is set (ST2_KEYVALUE__ENCRYPTION_KEY_PATH): secrets can be read in the history of Temporal');
  }
  registerCodec(app, { config, stores, codecs: createDataConverter(blobs, protection).payloadCodecs ?? [] });
  return {
    async start() {
      await temporal.ensureConnected();
      await ensureSearchAttributes(client.connection as never, settings.namespace, SEARCH_ATTRIBUTES, logger);
      await app.listen({ host, port });
    },
    async stop() {
      await app.close();
      await temporal.close();
      await mongo.close();
    },
  };
}

async function userOfToken(stores: Stores, token: string | string[] | undefined): Promise<string> {
  if (typeof token !== 'string') throw new UnauthorizedError('Unauthorized - One of Token or API key required.');
  const identity = await findToken(stores, token);
  if (identity === undefined || identity === 'expired')
    throw new UnauthorizedError('Unauthorized - Invalid or expired token.');
  return identity.user;
}
