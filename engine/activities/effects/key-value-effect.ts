import { rememberSecrets } from '../../../platform/temporal/secret-values.ts';
import type { Effect } from './effects.ts';

/** `st2kv()`: an item of StackStorm's datastore. */
export const fetchKeyValue: Effect = async ({ keyValues }, { key, args }, { user }) => {
  const decrypt = args.decrypt === true;
  const value = await keyValues.getForExpression({ key: toScopedKey(key), decrypt, user });
  if (decrypt) rememberSecrets(value);
  return value;
};

/** Source: StackStorm's functions for Mistral: what does not name the system's scope is a key of the user. */
function toScopedKey(key: string): string {
  return /^(st2kv\.)?(system|user)\./.test(key) ? key : `user.${key}`;
}
