import { USER_SCOPE } from '../../../action-service/keyvalue/keyvalue-service.ts';
import type { KeyValue } from '../../../stores/records.ts';
import { toTimestamp } from '../../lists/presentation.ts';

/**
 * A datastore value as clients see it: user values with their bare name and user.
 *
 * @param plain the decrypted value, when it is shown
 */
export function presentKey(record: KeyValue, plain?: string): Record<string, unknown> {
  const { name, user } = splitName(record);
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

function splitName({ scope, name }: KeyValue): { readonly name: string; readonly user?: string } {
  const at = name.indexOf(':');
  return scope === USER_SCOPE && at !== -1 ? { user: name.slice(0, at), name: name.slice(at + 1) } : { name };
}
