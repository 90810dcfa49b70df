import type { ApiContext } from '../../context.ts';
import type { Route } from '../../server/route.ts';

const uidOf = (ref: string): string => {
  const dot = ref.indexOf('.');
  return `action:${ref.slice(0, dot)}:${ref.slice(dot + 1)}`;
};

/** Permissions for an execution are granted on its action, or on the pack of that. */
export function executionSubject({ stores }: Pick<ApiContext, 'stores'>): NonNullable<Route['subject']> {
  return async ({ params }) => {
    const { id = '' } = params;
    const wanted = { include: ['action_ref', 'context'] };
    const found =
      id === 'last'
        ? await stores.executions.findOne({}, { ...wanted, sort: { start_timestamp: -1 } })
        : await stores.executions.get(id, wanted);
    if (found === undefined) return undefined;
    const { user } = found.context;
    return { uid: uidOf(found.action_ref), ...(typeof user === 'string' ? { owner: user } : {}) };
  };
}

/** Permission to run is granted on the action that the body names. */
export const requestSubject: NonNullable<Route['subject']> = async ({ body }) => ({
  uid: uidOf(String((body as { readonly action?: unknown }).action)),
});
