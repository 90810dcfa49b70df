import { triggerRefOf } from '../../../action-service/triggers/remove-rules.ts';
import { errorCode, NotFoundError, ValidationError } from '../../../core/errors.ts';
import { validateValues } from '../../../core/params/index.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import { EXCHANGES } from '../../../platform/bus/bus.ts';
import type { OpenContent } from '../../../stores/records.ts';
import { contentReadRoutes } from '../../content/read-routes.ts';
import { assertRefParts, replaceBy } from '../../content/rules.ts';
import { contentUid, newContentSubject } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { ownOnly } from '../../server/authorize.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { maskRules, withKeptSecrets } from './mask-rules.ts';
import { assertCriteria } from './operators.ts';
import { assertMayUse } from './permissions.ts';
import { RULE, RULE_LIST, type RuleBody } from './schema.ts';
import { ruleSubject } from './subject.ts';
import { viewRoutes } from './views.ts';

const TYPES = ['standard', 'backstop'];
const SHOWN = { show_secrets: 'boolean' } as const;

async function list(context: ApiContext, request: ApiRequest): Promise<Answer> {
  // A rule cannot be shown without its trigger; this is what StackStorm says then.
  if (request.query.list('exclude_attributes')?.includes('trigger') === true)
    throw new ValidationError('Invalid resource reference: None');
  return listRecords(context.stores.rules, RULE_LIST, request, {
    maxPageSize: context.config.api.max_page_size,
    filter: ownOnly(context.config, request.requester),
    complete: (rules) => maskRules(context, request, rules),
  });
}

/** A trigger whose parameters do not fit its type would never fire. @throws ValidationError */
async function assertTriggerParameters({ stores }: ApiContext, trigger: RuleBody['trigger']): Promise<void> {
  const type = await stores.triggerTypes.findOne({ ref: trigger.type });
  const schema = type?.parameters_schema;
  if (!isPlainObject(schema) || !isPlainObject(schema.properties)) return;
  validateValues({ ...schema, type: 'object' }, trigger.parameters ?? {});
}

/** The record of a rule, with the trigger it needs. */
async function toRecord(
  context: ApiContext,
  request: ApiRequest,
  body: RuleBody,
): Promise<{ readonly record: Omit<OpenContent, 'id'>; readonly trigger: OpenContent }> {
  const pack = body.pack ?? 'default';
  assertRefParts(pack, body.name);
  if (!body.trigger.type.includes('.')) throw new ValidationError(`Invalid resource reference: ${body.trigger.type}`);
  const type = body.type?.ref ?? 'standard';
  if (!TYPES.includes(type)) throw new ValidationError(`Rule type "${type}" is not one of ${TYPES.join(', ')}.`);
  assertCriteria(body.criteria ?? {});
  await assertTriggerParameters(context, body.trigger);
  await assertMayUse(context, request.requester, body);
  const trigger = await context.triggers.ensure(body.trigger).catch((error: unknown) => {
    if (errorCode(error) !== 'VALIDATION' || !String(error).includes('find trigger type')) throw error;
    throw new ValidationError(
      `Trigger "${body.trigger.type}" defined in the rule does not exist in system or it's missing required "parameters" attribute`,
    );
  });
  const record = {
    tags: body.tags ?? [],
    uid: contentUid('rule', { pack, name: body.name }),
    metadata_file: '',
    name: body.name,
    ref: `${pack}.${body.name}`,
    ...(typeof body.description === 'string' ? { description: body.description } : {}),
    pack,
    type: { ref: type, parameters: body.type?.parameters ?? {} },
    trigger: { type: trigger.type, parameters: trigger.parameters, ref: trigger.ref },
    criteria: body.criteria ?? {},
    action: { ref: body.action.ref, parameters: body.action.parameters ?? {} },
    context: { ...body.context, user: request.requester.user },
    enabled: body.enabled ?? false,
  };
  return { record, trigger };
}

/** Stores a rule with its trigger; where it cannot be stored, a trigger that was made for it goes again. */
async function store(
  { triggers }: ApiContext,
  trigger: OpenContent,
  work: () => Promise<OpenContent>,
): Promise<OpenContent> {
  try {
    const rule = await work();
    await triggers.keep(trigger);
    return rule;
  } catch (error) {
    await triggers.removeIfUnused(trigger.ref);
    throw error;
  }
}

async function create(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { record, trigger } = await toRecord(context, request, request.body as RuleBody);
  const rule = await store(context, trigger, () => context.stores.rules.insert(record));
  context.bus.publish(EXCHANGES.rule, 'create', { id: rule.id, ref: rule.ref });
  return await shown(context, request, rule);
}

async function shown(context: ApiContext, request: ApiRequest, rule: OpenContent): Promise<Answer> {
  const [masked = rule] = await maskRules(context, request, [rule]);
  return { body: presentRecord(masked) };
}

async function update(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores, triggers, bus } = context;
  const refOrId = request.params.ref_or_id ?? '';
  const before = await findByRefOrId(stores.rules, refOrId);
  // A rule may be moved to another pack: to where, its author must be allowed to write as well.
  await context.authorizer.assertAllowed(
    request.requester,
    'rule_modify',
    contentUid('rule', request.body as RuleBody),
  );
  const body = await withKeptSecrets(context, before, request.body as RuleBody);
  const { record, trigger } = await toRecord(context, request, body);
  const rule = await store(context, trigger, async () => {
    const change = replaceBy({ ...record, metadata_file: before.metadata_file ?? '' });
    const changed = await stores.rules.updateOne({ id: before.id }, change);
    // Removed since it was found.
    if (changed === undefined) throw new NotFoundError(`Resource with a reference or id "${refOrId}" not found`);
    return changed;
  });
  if (triggerRefOf(before) !== triggerRefOf(record)) await triggers.removeIfUnused(triggerRefOf(before));
  bus.publish(EXCHANGES.rule, 'update', { id: before.id, ref: record.ref });
  return await shown(context, request, rule);
}

async function remove(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores, triggers, bus } = context;
  const rule = await findByRefOrId(stores.rules, request.params.ref_or_id ?? '');
  await stores.rules.removeOne({ id: rule.id });
  await triggers.removeIfUnused(triggerRefOf(rule));
  bus.publish(EXCHANGES.rule, 'delete', { id: rule.id, ref: rule.ref });
  return {};
}

export function ruleRoutes(context: ApiContext): readonly Route[] {
  const content = {
    path: '/rules',
    kind: 'rule',
    title: 'rule',
    list: RULE_LIST,
    collection: context.stores.rules,
  } as const;
  const subject = ruleSubject(context);
  const reads = contentReadRoutes(context, content).map(
    (route): Route =>
      route.path === '/rules'
        ? { ...route, query: { ...route.query, ...SHOWN }, handle: (request) => list(context, request) }
        : {
            ...route,
            query: SHOWN,
            subject,
            handle: async (request) =>
              await shown(context, request, await findByRefOrId(context.stores.rules, request.params.ref_or_id ?? '')),
          },
  );
  return [
    ...viewRoutes(context),
    ...reads,
    {
      method: 'POST',
      path: '/rules',
      summary: 'Make a rule, and its trigger where there is none',
      permission: 'rule_create',
      subject: newContentSubject('rule'),
      body: RULE,
      success: 201,
      handle: (request) => create(context, request),
    },
    {
      method: 'PUT',
      path: '/rules/:ref_or_id',
      summary: 'Change a rule',
      permission: 'rule_modify',
      subject,
      body: RULE,
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/rules/:ref_or_id',
      summary: 'Remove a rule',
      permission: 'rule_delete',
      subject,
      success: 204,
      handle: (request) => remove(context, request),
    },
  ];
}
