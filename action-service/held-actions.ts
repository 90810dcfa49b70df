import { rememberLoad } from '../stores/remembered.ts';
import type { Stores } from '../stores/stores.ts';

/** For how long a policy made by another process may go unnoticed. */
const REMEMBERED_MS = 1_000;

/** Makes the function that says whether an action has an enabled policy: then the scheduler decides when it runs. */
export function createHeldActions({ policies }: Pick<Stores, 'policies'>): (actionRef: string) => Promise<boolean> {
  const load = async () => {
    const enabled = await policies.find({ enabled: true }, { include: ['resource_ref'] });
    return new Set(enabled.map(({ resource_ref: ref }) => ref));
  };
  const held = rememberLoad(policies, load, REMEMBERED_MS);
  return async (actionRef) => (await held()).has(actionRef);
}
