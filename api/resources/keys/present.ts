import { splitStoredName } from '../../../action-service/keyvalue/keyvalue-service.ts';
import type { KeyValue } from '../../../stores/records.ts';
import { toTimestamp } from '../../lists/presentation.ts';

/**
 * A datastore value as clients see it: user values with their bare name and user.
 *
 * @param plain the decrypted value, when it is shown
 */
export function presentKey(record: KeyValue, plain?: string): Record<string, unknown> {
  const { name, user } = splitStoredName(record.scope, record.name);
  return {
    uid: `key_value_pair:${record.scope}:${record.name}`,
    scope: record.scope,
    name,
    ...(record.description === undefined ? {} : { description: record.description }),
    value: plain ?? record.value,
    secret: record.secret,
    ...(record.expire_timestamp === undefined ? {} : { expire_timestamp: toTimestamp(record.expire_timestamp) }),
    id: record.id,
    ...(user === undefined ? {} : { user }),
    encrypted: record.secret && plain === undefined,
  };
}
