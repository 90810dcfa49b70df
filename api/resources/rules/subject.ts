import type { ApiContext } from '../../context.ts';
import type { Route } from '../../server/route.ts';

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
