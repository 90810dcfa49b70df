import type { Collection, Stored } from '../../../stores/collection.ts';
import type { OpenContent } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { ownOnly } from '../../server/authorize.ts';
import type { Route } from '../../server/route.ts';
import { maskRules } from './mask-rules.ts';
import { RULE_LIST } from './schema.ts';
import { ruleSubject } from './subject.ts';

interface Named {
  readonly ref?: string;
  readonly type?: string;
}

interface Described extends Stored {
  readonly ref: string;
  readonly description?: string;
}

/** Rules with the descriptions of their triggers and actions. */
async function describe({ stores }: ApiContext, rules: readonly Record<string, unknown>[]): Promise<unknown[]> {
  const actionRefs = rules.map((rule) => (rule.action as Named | undefined)?.ref);
  const triggerTypes = rules.map((rule) => (rule.trigger as Named | undefined)?.type);
  const triggerRefs = rules.map((rule) => (rule.trigger as Named | undefined)?.ref);
  const [actions, triggers, types] = await Promise.all([
    descriptionsOf(stores.actions, actionRefs),
    descriptionsOf(stores.triggers, triggerRefs),
    descriptionsOf(stores.triggerTypes, triggerTypes),
  ]);
  // What a trigger does not tell, its type does.
  const ofTrigger = ({ ref = '', type = '' }: Named) => {
    const own = triggers.get(ref);
    const general = types.get(type);
    return own || general === undefined ? own : general;
  };
  return rules.map((rule) => {
    const trigger = rule.trigger as Named | undefined;
    const action = rule.action as Named | undefined;
    return {
      ...rule,
      ...(trigger === undefined ? {} : { trigger: { ...trigger, description: told(ofTrigger(trigger)) } }),
      ...(action === undefined ? {} : { action: { ...action, description: told(actions.get(action.ref ?? '')) } }),
    };
  });
}

/** Descriptions by reference: `null` of what is there and has none. */
async function descriptionsOf(
  collection: Pick<Collection<Described>, 'find'>,
  refs: readonly (string | undefined)[],
): Promise<ReadonlyMap<string, string | null>> {
  const found = await collection.find({ ref: { $in: refs } }, { include: ['ref', 'description'] });
  return new Map(found.map(({ ref, description }) => [ref, description ?? null]));
}

/** As StackStorm tells it: an empty text of what is not there. */
const told = (description: string | null | undefined) => (description === undefined ? '' : description);

export function viewRoutes(context: ApiContext): readonly Route[] {
  const { stores, config } = context;
  return [
    {
      method: 'GET',
      path: '/rules/views',
      summary: 'List rules with the descriptions of their triggers and actions',
      permission: 'rule_list',
      query: listParameters(RULE_LIST),
      handle: async (request) => {
        const answer = await listRecords<OpenContent>(stores.rules, RULE_LIST, request, {
          maxPageSize: config.api.max_page_size,
          filter: ownOnly(config, request.requester),
          complete: (rules) => maskRules(context, request, rules),
        });
        return { ...answer, body: await describe(context, answer.body as Record<string, unknown>[]) };
      },
    },
    {
      method: 'GET',
      path: '/rules/views/:ref_or_id',
      summary: 'One rule with the descriptions of its trigger and action',
      permission: 'rule_view',
      subject: ruleSubject(context),
      handle: async (request) => {
        const rule = await findByRefOrId(stores.rules, request.params.ref_or_id ?? '');
        const masked = await maskRules(context, request, [rule]);
        const [body] = await describe(context, masked.map(presentRecord));
        return { body };
      },
    },
  ];
}
