import type { ApiContext } from '../../context.ts';
import type { Route } from '../../server/route.ts';
import type { RuleBody } from './schema.ts';

/** The uid of a rule as it is sent. */
export const ruleUid = ({ pack, name }: Pick<RuleBody, 'pack' | 'name'>): string => `rule:${pack ?? 'default'}:${name}`;

/** Permission to make a rule is granted on its pack, or on the rule that is not there yet. */
export const newRuleSubject: NonNullable<Route['subject']> = async ({ body }) => ({ uid: ruleUid(body as RuleBody) });

/** Permissions for a rule are granted on itself or its pack; it belongs to who made it. */
export function ruleSubject({ stores }: ApiContext): NonNullable<Route['subject']> {
  return async ({ params }) => {
    const { ref_or_id: id = '' } = params;
    const found = id.includes('.') ? await stores.rules.findOne({ ref: id }) : await stores.rules.get(id);
    if (found === undefined) return undefined;
    const { user } = (found.context ?? {}) as { readonly user?: unknown };
    return { uid: found.uid, ...(typeof user === 'string' ? { owner: user } : {}) };
  };
}
