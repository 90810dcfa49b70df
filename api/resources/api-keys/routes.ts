import { createApiKey, findApiKey } from '../../../action-service/tokens.ts';
import { ForbiddenError, NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { ApiKey } from '../../../stores/records.ts';
import { ensureUser } from '../../auth/users.ts';
import type { ApiContext } from '../../context.ts';
import { listHeaders } from '../../lists/list.ts';
import { readPage } from '../../lists/paging.ts';
import { toTimestamp } from '../../lists/presentation.ts';
import type { JsonSchema } from '../../server/json-schema.ts';
import type { Answer, ApiRequest, Requester, Route } from '../../server/route.ts';
import { showsSecrets } from '../executions/read.ts';

const MASKED = '********';
const PAGE = 50;

const API_KEY: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: ['string', 'null'] },
    uid: { type: ['string', 'null'] },
    user: { type: 'string' },
    key_hash: { type: ['string', 'null'] },
    metadata: { type: 'object', nullable: true },
    created_at: { type: ['string', 'null'] },
    enabled: { type: 'boolean' },
  },
  additionalProperties: false,
};

interface Body {
  readonly user?: string;
  readonly key_hash?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly enabled?: boolean;
}

/** The hash is as good as the key to whoever can write the database; it is shown to administrators who ask. */
function present(key: ApiKey, showHash: boolean): Record<string, unknown> {
  const hash = showHash ? key.key_hash : MASKED;
  return {
    uid: showHash ? `api_key:${hash}` : MASKED,
    user: key.user,
    key_hash: hash,
    metadata: key.metadata,
    created_at: toTimestamp(key.created_at),
    enabled: key.enabled,
    id: key.id,
  };
}

async function find({ stores }: ApiContext, keyOrId: string): Promise<ApiKey | undefined> {
  return (await stores.apiKeys.get(keyOrId)) ?? (await findApiKey(stores, keyOrId));
}

async function findForChange(context: ApiContext, keyOrId: string): Promise<ApiKey> {
  const found = await find(context, keyOrId);
  if (found === undefined) throw new NotFoundError(`ApiKey with key or id=${keyOrId} not found.`);
  return found;
}

async function list({ stores, config }: ApiContext, request: ApiRequest): Promise<Answer> {
  const page = readPage(request.query, request.requester, config.api.max_page_size, PAGE);
  const user = request.query.text('user');
  const filter = user === undefined ? {} : { user };
  const [keys, total] = await Promise.all([
    stores.apiKeys.find(filter, { ...page, sort: { created_at: 1, id: 1 } }),
    stores.apiKeys.count(filter),
  ]);
  const showHash = showsSecrets(request);
  return { headers: listHeaders(total, page), body: keys.map((key) => present(key, showHash)) };
}

/** A key acts as its owner: only administrators may make one for somebody else, or give one away. @throws ForbiddenError */
function assertOwner(requester: Requester, owner: string): void {
  if (!requester.isAdmin && owner !== requester.user)
    throw new ForbiddenError('"user" attribute can only be provided by admins when RBAC is enabled');
}

async function create({ stores }: ApiContext, { body, requester }: ApiRequest): Promise<Answer> {
  const { user, key_hash: keyHash, metadata, enabled } = body as Body;
  const owner = typeof user === 'string' && user !== '' ? user : requester.user;
  assertOwner(requester, owner);
  await ensureUser(stores, owner);
  const { record, key } = await createApiKey(stores, {
    user: owner,
    metadata: metadata ?? {},
    ...(enabled === undefined ? {} : { enabled }),
    ...(typeof keyHash === 'string' && keyHash !== '' && keyHash !== MASKED ? { keyHash } : {}),
  });
  const { key_hash: _hash, ...shown } = present(record, true);
  return { body: { ...shown, key: key ?? null } };
}

async function update(context: ApiContext, { params, body, requester }: ApiRequest): Promise<Answer> {
  const known = await findForChange(context, params.api_key_id_or_key ?? '');
  const { user, key_hash: hash, metadata, enabled } = body as Body;
  if (typeof hash === 'string' && hash !== '' && hash !== MASKED && hash !== known.key_hash)
    throw new ValidationError('Update of key_hash is not allowed.');
  const owner = typeof user === 'string' && user !== '' ? user : known.user;
  if (owner !== known.user) assertOwner(requester, owner);
  await ensureUser(context.stores, owner);
  const changed = await context.stores.apiKeys.updateOne(
    { id: known.id },
    { $set: { user: owner, metadata: metadata ?? {}, enabled: enabled ?? true } },
  );
  return { body: present(changed ?? known, true) };
}

export function apiKeyRoutes(context: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/apikeys',
      summary: 'List API keys',
      permission: 'api_key_list',
      query: { show_secrets: 'boolean', limit: 'integer', offset: 'integer', user: 'string' },
      handle: (request) => list(context, request),
    },
    {
      method: 'GET',
      path: '/apikeys/:api_key_id_or_key',
      summary: 'One API key',
      permission: 'api_key_view',
      query: { show_secrets: 'boolean' },
      handle: async (request) => {
        const given = request.params.api_key_id_or_key ?? '';
        const found = await find(context, given);
        if (found === undefined) throw new NotFoundError(`ApiKey matching ${given} for reference and id not found.`);
        return { body: present(found, showsSecrets(request)) };
      },
    },
    {
      method: 'POST',
      path: '/apikeys',
      summary: 'Make an API key; the answer is the only place where it is shown',
      permission: 'api_key_create',
      body: API_KEY,
      success: 201,
      handle: (request) => create(context, request),
    },
    {
      method: 'PUT',
      path: '/apikeys/:api_key_id_or_key',
      summary: 'Change the owner, metadata or state of an API key',
      permission: 'api_key_modify',
      body: API_KEY,
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/apikeys/:api_key_id_or_key',
      summary: 'Remove an API key',
      permission: 'api_key_delete',
      success: 204,
      handle: async ({ params }) => {
        const known = await findForChange(context, params.api_key_id_or_key ?? '');
        await context.stores.apiKeys.removeOne({ id: known.id });
        return {};
      },
    },
  ];
}
