import type { OpenContent } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { ownOnly } from '../../server/authorize.ts';
import type { Route } from '../../server/route.ts';
import { RULE_LIST } from './schema.ts';
import { ruleSubject } from './subject.ts';

interface Named {
  readonly ref?: string;
  readonly type?: string;
}

/** Rules with the descriptions of their triggers and actions. */
async function describe({ stores }: ApiContext, rules: readonly Record<string, unknown>[]): Promise<unknown[]> {
  const actionRefs = rules.map((rule) => (rule.action as Named | undefined)?.ref);
  const triggerTypes = rules.map((rule) => (rule.trigger as Named | undefined)?.type);
  const [actions, types] = await Promise.all([
    stores.actions.find({ ref: { $in: actionRefs } }, { include: ['ref', 'description'] }),
    stores.triggerTypes.find({ ref: { $in: triggerTypes } }, { include: ['ref', 'description'] }),
  ]);
  const ofAction = new Map(actions.map((action) => [action.ref, action.description]));
  const ofType = new Map(types.map((type) => [type.ref, type.description]));
  const described = (part: unknown, descriptions: ReadonlyMap<string, string | undefined>, key: string | undefined) =>
    part === undefined ? {} : { ...(part as object), description: descriptions.get(key ?? '') ?? '' };
  return rules.map((rule) => ({
    ...rule,
    ...(rule.trigger === undefined ? {} : { trigger: described(rule.trigger, ofType, (rule.trigger as Named).type) }),
    ...(rule.action === undefined ? {} : { action: described(rule.action, ofAction, (rule.action as Named).ref) }),
  }));
}

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
      handle: async ({ params }) => {
        const rule = await findByRefOrId(stores.rules, params.ref_or_id ?? '');
        const [body] = await describe(context, [presentRecord(rule)]);
        return { body };
      },
    },
  ];
}
