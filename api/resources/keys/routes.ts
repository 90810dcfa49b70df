import { SYSTEM_SCOPE, storedName, USER_SCOPE } from '../../../action-service/keyvalue/keyvalue-service.ts';
import { errorCode, ForbiddenError, NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { Filter } from '../../../stores/collection.ts';
import type { KeyValue } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { assertId, prefix as prefixOf, toFilter } from '../../lists/filters.ts';
import { readPage } from '../../lists/paging.ts';
import { readSort } from '../../lists/sorting.ts';
import { FURTHEST_SECONDS } from '../../lists/timestamps.ts';
import type { JsonSchema } from '../../server/json-schema.ts';
import { parseQuery } from '../../server/query.ts';
import type { Answer, ApiRequest, Permission, Requester, Route } from '../../server/route.ts';
import { presentKey } from './present.ts';

const KEY: JsonSchema = {
  type: 'object',
  required: ['name', 'value'],
  properties: {
    id: { type: 'string', nullable: true },
    uid: { type: 'string', nullable: true },
    name: { type: 'string' },
    description: { type: 'string', nullable: true },
    value: { type: 'string' },
    secret: { type: 'boolean', nullable: true },
    encrypted: { type: 'boolean', nullable: true },
    scope: { type: 'string', nullable: true },
    user: { type: 'string', nullable: true },
    expire_timestamp: { type: 'string', nullable: true },
    ttl: { type: 'integer', nullable: true, minimum: -FURTHEST_SECONDS, maximum: FURTHEST_SECONDS },
  },
};

interface KeyBody {
  readonly value: string;
  readonly description?: string | null;
  readonly secret?: boolean | null;
  readonly encrypted?: boolean | null;
  readonly scope?: string | null;
  readonly user?: string | null;
  readonly ttl?: number | null;
}

const PAGE = 100;

const SCOPES: Readonly<Record<string, string>> = {
  system: SYSTEM_SCOPE,
  user: USER_SCOPE,
  [SYSTEM_SCOPE]: SYSTEM_SCOPE,
  [USER_SCOPE]: USER_SCOPE,
};

const NOT_ALLOWED = "is not in allowed scopes list: ['system', 'user', 'st2kv.system', 'st2kv.user'].";

/** The full scope; `all` (or none) means the system's where one value is meant. */
function scopeOf(given: string | undefined | null, user: string | undefined | null): string {
  if (typeof user === 'string' && user !== '') return USER_SCOPE;
  if (given === undefined || given === null || given === '' || given === 'all') return SYSTEM_SCOPE;
  const scope = Object.hasOwn(SCOPES, given) ? SCOPES[given] : undefined;
  if (scope !== undefined) return scope;
  const full = given.startsWith('st2kv.') ? given : `st2kv.${given}`;
  throw new ValidationError(`Scope ${full} ${NOT_ALLOWED}`);
}

/** Values of other users are for administrators, and only where roles say who that is. */
function ownerOf(context: ApiContext, requester: Requester, user: string | undefined | null): string {
  if (typeof user !== 'string' || user === '' || user === requester.user) return requester.user;
  if (context.config.rbac.enable && requester.isAdmin) return user;
  throw new ForbiddenError('"user" attribute can only be provided by admins when RBAC is enabled');
}

/** What grants call a value of the system: `key_value_pair:st2kv.system:name`. */
const UID_START = `key_value_pair:${SYSTEM_SCOPE}:`;

/** Values of their own are everybody's to use; those of the system are granted. @throws ForbiddenError */
async function assertMayUse(
  { authorizer }: ApiContext,
  { requester }: ApiRequest,
  permission: Permission,
  { scope, name }: { readonly scope: string; readonly name: string },
): Promise<void> {
  if (scope !== USER_SCOPE) await authorizer.assertAllowed(requester, permission, `${UID_START}${name}`);
}

/** Lists of the system's values show those that may be seen. */
async function visible({ authorizer }: ApiContext, { requester }: ApiRequest, scope: string): Promise<Filter> {
  if (scope === USER_SCOPE) return {};
  const uids = await authorizer.allowedOn(requester, 'key_value_pair_list');
  if (uids === undefined) return {};
  const names = uids.filter((uid) => uid.startsWith(UID_START)).map((uid) => uid.slice(UID_START.length));
  return { $and: [{ name: { $in: names } }] };
}

function assertMayDecrypt({ requester, query }: ApiRequest, scope: string): boolean {
  const decrypt = query.flag('decrypt');
  if (decrypt && scope !== USER_SCOPE && !requester.isAdmin)
    throw new ForbiddenError('Decrypt option requires administrator access');
  return decrypt;
}

const missing = (scope: string, name: string, user: string) =>
  new NotFoundError(`The key "${storedName(scope, name, user)}" does not exist in the StackStorm datastore.`);

function present({ keyValues }: ApiContext, record: KeyValue, decrypt: boolean): Record<string, unknown> {
  return presentKey(record, decrypt && record.secret ? keyValues.decrypt(record.value) : undefined);
}

async function list(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { query, requester } = request;
  const given = query.text('scope');
  const scopes =
    given === 'all' && !query.has('user') ? [SYSTEM_SCOPE, USER_SCOPE] : [scopeOf(given, query.text('user'))];
  const user = ownerOf(context, requester, query.text('user'));
  const page = readPage(query, requester, context.config.api.max_page_size, PAGE);
  const body: Record<string, unknown>[] = [];
  for (const scope of scopes) {
    const decrypt = assertMayDecrypt(request, scope);
    const filter: Filter = {
      scope,
      ...nameFilter(request, scope, user),
      ...ids(request),
      ...alive(),
      ...(await visible(context, request, scope)),
    };
    const found = await context.stores.keys.find(filter, {
      ...page,
      sort: readSort(query.text('sort'), { name: 'name' }, { id: 1 }),
    });
    body.push(...found.map((record) => present(context, record, decrypt)));
  }
  return { body };
}

/** What has expired is gone for users, though its record may still be there. */
function alive(): Filter {
  return { $or: [{ expire_timestamp: { $exists: false } }, { expire_timestamp: { $gt: new Date() } }] };
}

function ids({ query }: ApiRequest): Filter {
  const id = query.text('id');
  if (id === undefined) return {};
  assertId(id);
  return { id };
}

/** User values are always looked for by their owner's prefix: nobody may list those of others. */
function nameFilter({ query }: ApiRequest, scope: string, user: string): Filter {
  const name = query.text('name');
  if (name !== undefined) return { name: storedName(scope, name, user) };
  const start = storedName(scope, query.text('prefix') ?? '', user);
  return start === ''
    ? {}
    : toFilter({ prefix: prefixOf('name') }, parseQuery({ prefix: 'string' }, { prefix: start }));
}

async function one(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { params, query, requester } = request;
  const name = params['*'] ?? '';
  const scope = scopeOf(query.text('scope'), query.text('user'));
  const user = ownerOf(context, requester, query.text('user'));
  await assertMayUse(context, request, 'key_value_pair_view', { scope, name });
  const decrypt = assertMayDecrypt(request, scope);
  const record = await context.keyValues.find(scope, name, user);
  if (record === undefined) throw missing(scope, name, user);
  return { body: present(context, record, decrypt) };
}

async function put(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { params, query, requester } = request;
  const body = request.body as KeyBody;
  const name = params['*'] ?? '';
  const given = body.scope ?? query.text('scope');
  if (given === 'all') throw new ValidationError(`Scope all ${NOT_ALLOWED}`);
  const scope = scopeOf(given, undefined);
  const user = ownerOf(context, requester, body.user);
  await assertMayUse(context, request, 'key_value_pair_set', { scope, name });
  if (body.encrypted === true && !requester.isAdmin)
    throw new ForbiddenError('Pre-encrypted option requires administrator access');
  const before = await context.keyValues.find(scope, name, user);
  const record = await context.keyValues
    .set({
      scope,
      name,
      user,
      value: body.value,
      secret: body.secret === true,
      encrypted: body.encrypted === true,
      ...(typeof body.description === 'string' ? { description: body.description } : {}),
      ...(typeof body.ttl === 'number' && body.ttl !== 0 ? { ttl: body.ttl } : {}),
    })
    .catch((error: unknown) => {
      if (errorCode(error) !== 'VALIDATION' || body.encrypted !== true) throw error;
      throw new ValidationError(
        `Failed to verify the integrity of the provided value for key "${storedName(scope, name, user)}". Ensure that the value is encrypted with the correct key and not corrupted.`,
      );
    });
  await announceChange(context, before, record);
  return { body: presentKey(record) };
}

async function announceChange(context: ApiContext, before: KeyValue | undefined, after: KeyValue): Promise<void> {
  const now = presentKey(after);
  const kind = before === undefined ? 'create' : 'update';
  await context.dispatch({ trigger: `core.st2.key_value_pair.${kind}`, payload: { object: now } });
  if (before === undefined || before.value === after.value) return;
  await context.dispatch({
    trigger: 'core.st2.key_value_pair.value_change',
    payload: { old_object: presentKey(before), new_object: now },
  });
}

async function remove(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { params, query, requester } = request;
  const name = params['*'] ?? '';
  const scope = scopeOf(query.text('scope'), undefined);
  const user = ownerOf(context, requester, query.text('user'));
  await assertMayUse(context, request, 'key_value_pair_delete', { scope, name });
  const removed = await context.keyValues.remove(scope, name, user);
  if (removed === undefined) throw missing(scope, name, user);
  await context.dispatch({
    trigger: 'core.st2.key_value_pair.delete',
    payload: { object: presentKey(removed) },
  });
  return {};
}

export function keyRoutes(context: ApiContext): readonly Route[] {
  const selection = { scope: 'string', user: 'string', decrypt: 'boolean' } as const;
  return [
    {
      method: 'GET',
      path: '/keys',
      summary: 'List datastore values',
      permission: 'user_view',
      query: {
        ...selection,
        prefix: 'string',
        name: 'string',
        id: 'string',
        sort: 'string',
        limit: 'integer',
        offset: 'integer',
      },
      handle: (request) => list(context, request),
    },
    {
      method: 'GET',
      path: '/keys/*',
      summary: 'One datastore value',
      permission: 'user_view',
      query: selection,
      handle: (request) => one(context, request),
    },
    {
      method: 'PUT',
      path: '/keys/*',
      summary: 'Set a datastore value',
      permission: 'user_view',
      query: { scope: 'string' },
      body: KEY,
      handle: (request) => put(context, request),
    },
    {
      method: 'DELETE',
      path: '/keys/*',
      summary: 'Remove a datastore value',
      permission: 'user_view',
      query: { scope: 'string', user: 'string' },
      success: 204,
      handle: (request) => remove(context, request),
    },
  ];
}
