import { createPayloadMask } from '../../../action-service/mask-payloads.ts';
import { createSnapshots } from '../../../action-service/snapshots.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { presentRecord } from '../../lists/presentation.ts';

/** A trigger instance as clients see it. */
export function presentInstance(record: OpenRecord): Record<string, unknown> {
  const { trace_context: _trace, processing: _processing, attempts: _attempts, payload, ...rest } = record;
  return { ...presentRecord(rest), ...(payload === undefined ? {} : { payload }) };
}

export type PayloadMask = (records: readonly OpenRecord[]) => Promise<readonly OpenRecord[]>;

/** The function that masks payloads where the settings ask for it. */
export function payloadMask({ stores, config }: ApiContext): PayloadMask {
  if (!config.api.mask_secrets) return async (records) => records;
  return createPayloadMask({ stores, snapshots: createSnapshots(stores) });
}
