import type { Stores } from '../stores/stores.ts';

/** For how long a policy made by another process may go unnoticed. */
const REMEMBERED_MS = 1_000;

/** Makes the function that says whether an action has an enabled policy: then the scheduler decides when it runs. */
export function createHeldActions({ policies }: Pick<Stores, 'policies'>): (actionRef: string) => Promise<boolean> {
  let known:
    | { readonly refs: Promise<ReadonlySet<unknown>>; readonly until: number; readonly revision: number }
    | undefined;

  async function load(): Promise<ReadonlySet<unknown>> {
    const enabled = await policies.find({ enabled: true }, { include: ['resource_ref'] });
    return new Set(enabled.map(({ resource_ref: ref }) => ref));
  }

  return async (actionRef) => {
    const revision = policies.revision();
    if (known === undefined || known.until < Date.now() || known.revision !== revision) {
      const refs = load();
      const made = { refs, until: Date.now() + REMEMBERED_MS, revision };
      known = made;
      refs.catch(() => {
        if (known === made) known = undefined;
      });
    }
    return (await known.refs).has(actionRef);
  };
}
