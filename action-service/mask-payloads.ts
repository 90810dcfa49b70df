import { MASKED_VALUE } from '../core/params/index.ts';
import { isPlainObject } from '../core/python/values.ts';
import type { Stores } from '../stores/stores.ts';
import { createExecutionsMasks } from './mask-for-executions.ts';
import type { Snapshots } from './snapshots.ts';
import { ACTION_TRIGGER, NOTIFY_TRIGGER } from './triggers/internal-trigger-types.ts';

/** Triggers whose occurrences tell of the end of an execution. */
const TELLING: readonly string[] = [ACTION_TRIGGER, NOTIFY_TRIGGER];

type Payload = Readonly<Record<string, unknown>>;

/** A trigger instance: `trigger` and `payload` of it matter here. */
type Occurrence = Readonly<Record<string, unknown>>;

/**
 * Makes the function that masks, in payloads of trigger instances that tell of executions, what is secret of those: rules get the
 * whole result of an action, clients see no more of it than with the execution. Of one that is stored no more the result is masked
 * as a whole.
 */
export function createPayloadMask(deps: { readonly stores: Stores; readonly snapshots: Snapshots }) {
  const masksFor = createExecutionsMasks(deps);
  return async <T extends Occurrence>(occurrences: readonly T[]): Promise<readonly T[]> => {
    const ids = new Set(occurrences.flatMap((one) => executionOf(one) ?? []));
    if (ids.size === 0) return occurrences;
    const { mask, isGone } = await masksFor([...ids]);
    return occurrences.map((one) => {
      const id = executionOf(one);
      if (id === undefined) return one;
      const payload = mask(one.payload) as Payload;
      return { ...one, payload: isGone(id) ? withoutResult(payload) : payload };
    });
  };
}

function executionOf({ trigger, payload }: Occurrence): string | undefined {
  if (!TELLING.includes(String(trigger))) return undefined;
  return isPlainObject(payload) && typeof payload.execution_id === 'string' ? payload.execution_id : undefined;
}

/** The triggers of ended actions have the result as it is, those of notifications within their data. */
function withoutResult(payload: Payload): Payload {
  const hide = (of: Payload) => ('result' in of ? { ...of, result: MASKED_VALUE } : of);
  return isPlainObject(payload.data) ? { ...hide(payload), data: hide(payload.data) } : hide(payload);
}
