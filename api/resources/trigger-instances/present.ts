import type { OpenRecord } from '../../../stores/records.ts';
import { presentRecord } from '../../lists/presentation.ts';

/** A trigger instance as clients see it; its payload comes back untouched. */
export function presentInstance(record: OpenRecord): Record<string, unknown> {
  const { trace_context: _trace, processing: _processing, attempts: _attempts, payload, ...rest } = record;
  return { ...presentRecord(rest), ...(payload === undefined ? {} : { payload }) };
}
