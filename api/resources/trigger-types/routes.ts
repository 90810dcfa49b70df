import { ConflictError } from '../../../core/errors.ts';
import type { OpenContent } from '../../../stores/records.ts';
import { contentReadRoutes } from '../../content/read-routes.ts';
import { assertNotSystemPack, assertRefParts, contentList, NAME, READ_BACK, TAGS } from '../../content/rules.ts';
import { contentUid } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { JsonSchema } from '../../server/json-schema.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';

const LIST = contentList(['payload_schema', 'parameters_schema', 'tags'], { sort: { ref: 1 }, defaultLimit: 100 });

const TRIGGER_TYPE: JsonSchema = {
  type: 'object',
  properties: {
    ...READ_BACK,
    name: NAME,
    pack: { type: ['string', 'null'] },
    description: { type: ['string', 'null'] },
    payload_schema: { type: ['object', 'null'] },
    parameters_schema: { type: ['object', 'null'] },
    tags: { ...TAGS, type: ['array', 'null'] },
  },
};

interface Body {
  readonly name?: string;
  readonly pack?: string | null;
  readonly description?: string | null;
  readonly payload_schema?: Readonly<Record<string, unknown>> | null;
  readonly parameters_schema?: Readonly<Record<string, unknown>> | null;
  readonly tags?: readonly unknown[] | null;
  readonly metadata_file?: string | null;
}

async function store(
  { triggers, stores }: ApiContext,
  body: Body,
  pack: string,
  metadataFile?: string,
): Promise<OpenContent> {
  const { name = '' } = body;
  const type = await triggers.registerType(
    {
      name,
      pack,
      description: body.description ?? '',
      payload_schema: body.payload_schema ?? {},
      parameters_schema: body.parameters_schema ?? {},
    },
    body.metadata_file ?? metadataFile,
  );
  if (!Array.isArray(body.tags) || body.tags.length === 0) return type;
  return (await stores.triggerTypes.updateOne({ id: type.id }, { $set: { tags: body.tags } })) ?? type;
}

async function create(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const body = request.body as Body;
  const pack = body.pack ?? 'default';
  assertRefParts(pack, body.name);
  const known = await context.stores.triggerTypes.findOne({ ref: `${pack}.${body.name}` });
  if (known !== undefined)
    throw new ConflictError(`Tried to save duplicate unique keys (trigger type ${known.ref})`, known.id);
  return { body: presentRecord(await store(context, body, pack)) };
}

async function update(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const known = await findByRefOrId(context.stores.triggerTypes, request.params.ref_or_id ?? '');
  assertNotSystemPack(known.pack);
  const body = request.body as Body;
  assertRefParts(known.pack, body.name);
  if (body.name !== undefined && body.name !== known.name) await rename(context, known, body.name);
  return { body: presentRecord(await store(context, body, known.pack, known.metadata_file)) };
}

/** What is stored by its reference would otherwise take the place of another type, and leave this one. @throws ConflictError */
async function rename({ stores }: ApiContext, { id, pack, ref }: OpenContent, name: string): Promise<void> {
  const named = { name, ref: `${pack}.${name}`, uid: contentUid('trigger_type', { pack, name }) };
  await stores.triggerTypes.updateOne({ id }, { $set: named });
  await stores.triggers.removeOne({ ref });
}

async function remove({ stores }: ApiContext, request: ApiRequest): Promise<Answer> {
  const known = await findByRefOrId(stores.triggerTypes, request.params.ref_or_id ?? '');
  assertNotSystemPack(known.pack);
  await stores.triggerTypes.removeOne({ id: known.id });
  await stores.triggers.removeOne({ ref: known.ref });
  return {};
}

export function triggerTypeRoutes(context: ApiContext): readonly Route[] {
  return [
    ...contentReadRoutes(context, {
      path: '/triggertypes',
      kind: 'trigger_type',
      title: 'trigger type',
      list: LIST,
      collection: context.stores.triggerTypes,
    }),
    {
      method: 'POST',
      path: '/triggertypes',
      summary: 'Make a trigger type',
      permission: 'trigger_type_create',
      body: TRIGGER_TYPE,
      success: 201,
      handle: (request) => create(context, request),
    },
    {
      method: 'PUT',
      path: '/triggertypes/:ref_or_id',
      summary: 'Change a trigger type',
      permission: 'trigger_type_modify',
      body: TRIGGER_TYPE,
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/triggertypes/:ref_or_id',
      summary: 'Remove a trigger type',
      permission: 'trigger_type_delete',
      success: 204,
      handle: (request) => remove(context, request),
    },
  ];
}
