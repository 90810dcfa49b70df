import { randomUUID } from 'node:crypto';
import { parametersHash, triggerView } from '../../../action-service/triggers/trigger-service.ts';
import { NotFoundError } from '../../../core/errors.ts';
import { EXCHANGES } from '../../../platform/bus/bus.ts';
import { isId } from '../../../stores/collection.ts';
import type { OpenContent } from '../../../stores/records.ts';
import { READ_BACK, replaceBy } from '../../content/rules.ts';
import type { ApiContext } from '../../context.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { assertFits, type JsonSchema } from '../../server/json-schema.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';

/** StackStorm takes further fields and ignores them. */
const TRIGGER: JsonSchema = {
  type: 'object',
  properties: {
    ...READ_BACK,
    name: { type: ['string', 'null'] },
    pack: { type: ['string', 'null'] },
    type: { type: 'string' },
    parameters: { type: 'object' },
    description: { type: ['string', 'null'] },
  },
  required: ['type'],
};

interface Body {
  readonly name?: string | null;
  readonly pack?: string | null;
  readonly type: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly description?: string | null;
}

function toRecord(body: Body): Omit<OpenContent, 'id'> {
  const pack = body.pack ?? 'default';
  const name = body.name ?? randomUUID();
  const parameters = body.parameters ?? {};
  const hash = parametersHash(parameters);
  return {
    ...(typeof body.description === 'string' ? { description: body.description } : {}),
    uid: `trigger:${pack}:${name}:${hash}`,
    ref: `${pack}.${name}`,
    name,
    pack,
    type: body.type,
    parameters,
    parameters_hash: hash,
  };
}

const present = (trigger: OpenContent) => presentRecord(triggerView(trigger));

/** Found by id, or by reference, which StackStorm does not do but costs nothing. */
async function find({ stores }: ApiContext, id: string): Promise<OpenContent> {
  const found = (await stores.triggers.get(id)) ?? (await stores.triggers.findOne({ ref: id }));
  if (found === undefined && !isId(id)) throw new NotFoundError('Unhandled exception');
  if (found === undefined) throw new NotFoundError(`Unable to find the TriggerDB instance. {'id': '${id}'}`);
  return found;
}

async function create({ stores, bus }: ApiContext, request: ApiRequest): Promise<Answer> {
  const record = toRecord(request.body as Body);
  const known = await stores.triggers.findOne({ ref: record.ref });
  // Making a trigger twice is no mistake: the one that has the name answers.
  const trigger = known ?? (await stores.triggers.insert(record));
  bus.publish(EXCHANGES.trigger, 'create', { id: trigger.id, ref: trigger.ref, type: trigger.type });
  return { body: present(trigger) };
}

async function update(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores, bus } = context;
  const known = await find(context, request.params.id ?? '');
  // What is not there is told before what is wrong with the body.
  assertFits(TRIGGER, request.body);
  const trigger = await stores.triggers.updateOne({ id: known.id }, replaceBy(toRecord(request.body as Body)));
  bus.publish(EXCHANGES.trigger, 'update', { id: known.id, ref: trigger?.ref, type: trigger?.type });
  return { body: present(trigger ?? known) };
}

async function remove(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores, bus } = context;
  const known = await find(context, request.params.id ?? '');
  await stores.triggers.removeOne({ id: known.id });
  bus.publish(EXCHANGES.trigger, 'delete', { id: known.id, ref: known.ref, type: known.type });
  return {};
}

export function triggerRoutes(context: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/triggers',
      summary: 'List triggers',
      permission: 'trigger_list',
      handle: async () => ({ body: (await context.stores.triggers.find({})).map(present) }),
    },
    {
      method: 'GET',
      path: '/triggers/:id',
      summary: 'One trigger',
      permission: 'trigger_view',
      handle: async ({ params }) => ({ body: present(await find(context, params.id ?? '')) }),
    },
    {
      method: 'POST',
      path: '/triggers',
      summary: 'Make a trigger',
      permission: 'trigger_create',
      body: TRIGGER,
      success: 201,
      handle: (request) => create(context, request),
    },
    {
      method: 'PUT',
      path: '/triggers/:id',
      summary: 'Change a trigger',
      permission: 'trigger_modify',
      body: { type: 'object', properties: TRIGGER.properties },
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/triggers/:id',
      summary: 'Remove a trigger',
      permission: 'trigger_delete',
      success: 204,
      handle: (request) => remove(context, request),
    },
  ];
}
