/**
 * The codec endpoint: what the Temporal UI asks to show encrypted, compressed or stored payloads, in the form of Temporal's remote
 * codecs (`POST /decode` of `{payloads}`). For administrators, from the origins that the settings name; without any, it is not there.
 */
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findToken } from '../../action-service/tokens.ts';
import { ForbiddenError, UnauthorizedError, ValidationError } from '../../core/errors.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Stores } from '../../stores/stores.ts';

/** Source: StackStorm's RBAC: who may read everything. */
const ADMINS = ['admin', 'system_admin'];

interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface CodecDeps {
  readonly config: Config;
  readonly stores: Stores;
  /** As the data converter has them. */
  readonly codecs: readonly PayloadCodec[];
}

export function registerCodec(app: FastifyInstance, deps: CodecDeps): void {
  const origins = deps.config.temporal.codec_origins;
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => allowOrigin(origins, request, reply));
  app.options('/codec/decode', (_request, reply) => reply.code(204).send());
  app.post('/codec/decode', async (request) => {
    await assertAdmin(deps, request.headers.authorization);
    let payloads = readPayloads(String(request.body));
    for (const codec of [...deps.codecs].reverse()) payloads = await codec.decode(payloads);
    return { payloads: payloads.map(toJson) };
  });
}

function allowOrigin(origins: readonly string[], request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (!request.url.startsWith('/codec/') || origin === undefined || !origins.includes(origin)) return;
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'Authorization, Content-Type, X-Namespace',
    vary: 'Origin',
  });
}

async function assertAdmin({ config, stores }: CodecDeps, header: string | undefined): Promise<void> {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(header ?? '') ?? [];
  const identity = token === undefined ? undefined : await findToken(stores, token);
  if (identity === undefined || identity === 'expired') throw new UnauthorizedError('Unauthorized');
  if (!config.rbac.enable) return;
  const assignments = await stores.roleAssignments.find({ user: identity.user });
  if (!assignments.some(({ role }) => ADMINS.includes(String(role)))) {
    throw new ForbiddenError(`User "${identity.user}" is no administrator.`);
  }
}

function readPayloads(body: string): Payload[] {
  try {
    const { payloads } = JSON.parse(body) as { readonly payloads: readonly JsonPayload[] };
    return payloads.map(({ metadata = {}, data = '' }) => ({
      metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')])),
      data: Buffer.from(data, 'base64'),
    }));
  } catch {
    throw new ValidationError('The body must be {"payloads": [{"metadata": …, "data": …}]} with values in base64.');
  }
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, base64(value)])),
    data: base64(data),
  };
}
