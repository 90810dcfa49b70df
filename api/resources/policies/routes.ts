import { ConflictError, ValidationError } from '../../../core/errors.ts';
import type { ParameterSchemas } from '../../../core/params/index.ts';
import type { OpenContent } from '../../../stores/records.ts';
import { contentReadRoutes } from '../../content/read-routes.ts';
import { assertNotSystemPack, assertRefParts, contentList, NAME, READ_BACK, replaceBy } from '../../content/rules.ts';
import { contentSubject, contentUid, newContentSubject } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { text } from '../../lists/filters.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { BEST_MATCH, type JsonSchema } from '../../server/json-schema.ts';
import { fillAndCheck } from '../../server/parameters.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';

const LIST = contentList(['enabled', 'resource_ref', 'policy_type', 'parameters'], {
  filters: { resource_ref: text('resource_ref'), policy_type: text('policy_type') },
  defaultLimit: 100,
  sortable: false,
  byId: false,
});

const POLICY: JsonSchema = {
  ...BEST_MATCH,
  type: 'object',
  properties: {
    ...READ_BACK,
    name: NAME,
    pack: { type: ['string', 'null'] },
    description: { type: ['string', 'null'] },
    enabled: { type: 'boolean', nullable: true },
    resource_ref: { type: 'string' },
    policy_type: { type: 'string' },
    parameters: { type: ['object', 'null'] },
  },
  required: ['name', 'resource_ref', 'policy_type'],
  additionalProperties: false,
};

interface Body {
  readonly name: string;
  readonly pack?: string | null;
  readonly description?: string | null;
  readonly enabled?: boolean | null;
  readonly resource_ref: string;
  readonly policy_type: string;
  readonly parameters?: Readonly<Record<string, unknown>> | null;
}

async function toRecord({ stores }: ApiContext, body: Body, defaultPack: string): Promise<Omit<OpenContent, 'id'>> {
  const pack = body.pack ?? defaultPack;
  assertRefParts(pack, body.name);
  if (!body.policy_type.includes('.')) throw new ValidationError(`Invalid reference: ${body.policy_type}`);
  const type = await stores.policyTypes.findOne({ ref: body.policy_type });
  if (type === undefined) throw new ValidationError(`Referenced policy_type "${body.policy_type}" doesnt exist`);
  const schemas = type.parameters as ParameterSchemas;
  return {
    uid: contentUid('policy', { pack, name: body.name }),
    ref: `${pack}.${body.name}`,
    name: body.name,
    pack,
    ...(typeof body.description === 'string' ? { description: body.description } : {}),
    enabled: body.enabled ?? true,
    resource_ref: body.resource_ref,
    policy_type: body.policy_type,
    parameters: fillAndCheck(schemas, body.parameters ?? {}),
    metadata_file: '',
  };
}

/** An action has one policy of a kind. */
async function create(context: ApiContext, { body }: ApiRequest): Promise<Answer> {
  const { policies } = context.stores;
  const record = await toRecord(context, body as Body, 'default');
  const same = await policies.findOne({ policy_type: record.policy_type, resource_ref: record.resource_ref });
  if (same !== undefined) {
    const what = `${String(record.policy_type)} of ${String(record.resource_ref)}`;
    throw new ConflictError(`Tried to save duplicate unique keys: "${same.ref}" is the policy ${what} already.`);
  }
  return { body: presentRecord(await policies.insert(record)) };
}

async function update(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores } = context;
  const body = request.body as Body;
  // The body is looked at first, as StackStorm does: a bad one is 400 even where there is no such policy.
  const record = await toRecord(context, body, 'default');
  const known = await findByRefOrId(stores.policies, request.params.ref_or_id ?? '');
  assertNotSystemPack(known.pack);
  const pack = body.pack ?? known.pack;
  const uid = contentUid('policy', { pack, name: body.name });
  await context.authorizer.assertAllowed(request.requester, 'policy_modify', uid);
  const changed = await stores.policies.updateOne(
    { id: known.id },
    replaceBy({
      ...record,
      pack,
      ref: `${pack}.${body.name}`,
      uid,
      metadata_file: known.metadata_file ?? '',
    }),
  );
  return { body: presentRecord(changed ?? known) };
}

export function policyRoutes(context: ApiContext): readonly Route[] {
  const { stores } = context;
  const subject = contentSubject('policy', stores.policies);
  return [
    ...contentReadRoutes(context, {
      path: '/policies',
      kind: 'policy',
      title: 'policy',
      list: LIST,
      collection: stores.policies,
    }),
    {
      method: 'POST',
      path: '/policies',
      summary: 'Make a policy',
      permission: 'policy_create',
      subject: newContentSubject('policy'),
      body: POLICY,
      success: 201,
      handle: (request) => create(context, request),
    },
    {
      method: 'PUT',
      path: '/policies/:ref_or_id',
      summary: 'Change a policy',
      permission: 'policy_modify',
      subject,
      body: POLICY,
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/policies/:ref_or_id',
      summary: 'Remove a policy',
      permission: 'policy_delete',
      subject,
      success: 204,
      handle: async ({ params }) => {
        const known = await findByRefOrId(stores.policies, params.ref_or_id ?? '');
        assertNotSystemPack(known.pack);
        await stores.policies.removeOne({ id: known.id });
        return {};
      },
    },
  ];
}
