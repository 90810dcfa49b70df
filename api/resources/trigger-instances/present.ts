import { createExecutionsMasks } from '../../../action-service/mask-for-executions.ts';
import { createSnapshots } from '../../../action-service/snapshots.ts';
import { ACTION_TRIGGER, NOTIFY_TRIGGER } from '../../../action-service/triggers/internal-trigger-types.ts';
import { MASKED_VALUE } from '../../../core/params/index.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { presentRecord } from '../../lists/presentation.ts';

/** A trigger instance as clients see it. */
export function presentInstance(record: OpenRecord): Record<string, unknown> {
  const { trace_context: _trace, processing: _processing, attempts: _attempts, payload, ...rest } = record;
  return { ...presentRecord(rest), ...(payload === undefined ? {} : { payload }) };
}

/** Triggers whose occurrences tell of the end of an execution. */
const TELLING: readonly string[] = [ACTION_TRIGGER, NOTIFY_TRIGGER];

type Payload = Readonly<Record<string, unknown>>;

/**
 * Makes the function that masks, in payloads that tell of executions, what is secret of those: rules get the whole result of an
 * action, clients see no more of it than with the execution. Of one that is stored no more the result is masked as a whole.
 */
export function createPayloadMask({ stores, config }: ApiContext) {
  const masksFor = createExecutionsMasks({ stores, snapshots: createSnapshots(stores) });
  return async (records: readonly OpenRecord[]): Promise<readonly OpenRecord[]> => {
    const ids = new Set(records.flatMap((record) => executionOf(record) ?? []));
    if (!config.api.mask_secrets || ids.size === 0) return records;
    const { mask, isGone } = await masksFor([...ids]);
    return records.map((record) => {
      const id = executionOf(record);
      if (id === undefined) return record;
      const payload = mask(record.payload) as Payload;
      return { ...record, payload: isGone(id) ? withoutResult(payload) : payload };
    });
  };
}

function executionOf({ trigger, payload }: OpenRecord): string | undefined {
  if (!TELLING.includes(String(trigger))) return undefined;
  return isPlainObject(payload) && typeof payload.execution_id === 'string' ? payload.execution_id : undefined;
}

/** The triggers of ended actions have the result as it is, those of notifications within their data. */
function withoutResult(payload: Payload): Payload {
  const hide = (of: Payload) => ('result' in of ? { ...of, result: MASKED_VALUE } : of);
  return isPlainObject(payload.data) ? { ...hide(payload), data: hide(payload.data) } : hide(payload);
}
