/**
 * The datastore: named text values in the scope of the system or of a user, optionally encrypted, optionally with an end.
 * Names of user values are stored as `<user>:<name>`, with a colon in the user as `%3A`: else `b:c` of the user `a` and `c` of the user
 * `a:b` would be one.
 */
import { NotFoundError, ValidationError } from '../../core/errors.ts';
import type { KeyValue } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { type CryptoKey, decryptValue, encryptValue, readKeyFile } from './crypto.ts';

export const SYSTEM_SCOPE = 'st2kv.system';
export const USER_SCOPE = 'st2kv.user';

const SCOPES: Readonly<Record<string, string>> = {
  system: SYSTEM_SCOPE,
  user: USER_SCOPE,
  [SYSTEM_SCOPE]: SYSTEM_SCOPE,
  [USER_SCOPE]: USER_SCOPE,
};

/** The full name of a scope. @throws ValidationError for any other text */
export function fullScope(scope: string): string {
  const full = Object.hasOwn(SCOPES, scope) ? SCOPES[scope] : undefined;
  if (full === undefined)
    throw new ValidationError(`Scope "${scope}" is not valid. Allowed scopes are ["all", "system", "user"].`);
  return full;
}

/** The name under which a value is stored. */
export function storedName(scope: string, name: string, user: string): string {
  return fullScope(scope) === USER_SCOPE ? `${escapeUser(user)}:${name}` : name;
}

/** The bare name of a stored value, and whose it is in the scope of users. */
export function splitStoredName(scope: string, stored: string): { readonly name: string; readonly user?: string } {
  const at = stored.indexOf(':');
  if (scope !== USER_SCOPE || at === -1) return { name: stored };
  return { user: unescapeUser(stored.slice(0, at)), name: stored.slice(at + 1) };
}

/** Only what could be taken for an escape is escaped besides colons: all other names stay as they are. */
function escapeUser(user: string): string {
  return user.replace(/:|%(?=3A|25)/g, (character) => (character === ':' ? '%3A' : '%25'));
}

function unescapeUser(escaped: string): string {
  return escaped.replace(/%(3A|25)/g, (_, code) => (code === '3A' ? ':' : '%'));
}

export interface SetValue {
  readonly scope: string;
  readonly name: string;
  readonly user: string;
  readonly value: string;
  readonly secret?: boolean;
  /** The value is encrypted already (an export of another system with the same key). */
  readonly encrypted?: boolean;
  readonly description?: string;
  /** Seconds. */
  readonly ttl?: number;
}

export interface KeyValueService {
  /** The record with its value as stored. */
  find(scope: string, name: string, user: string): Promise<KeyValue | undefined>;
  /** The plain value; encrypted ones only with `decrypt`. */
  value(scope: string, name: string, user: string, decrypt: boolean): Promise<string | undefined>;
  /** Value of `st2kv('system.x')` and the like, as expressions ask for it: `<scope>.<name>`. @throws NotFoundError */
  getForExpression(request: {
    readonly key: string;
    readonly decrypt: boolean;
    readonly user: string;
  }): Promise<string>;
  set(request: SetValue): Promise<KeyValue>;
  remove(scope: string, name: string, user: string): Promise<KeyValue | undefined>;
  decrypt(text: string): string;
  encrypt(text: string): string;
}

/** @param keyPath key file; without one, secrets are refused */
export function createKeyValueService(
  stores: Stores,
  keyPath: string,
  now: () => Date = () => new Date(),
): KeyValueService {
  let loaded: CryptoKey | undefined;
  const key = () => {
    if (keyPath === '')
      throw new ValidationError('Crypto key not found: set ST2_KEYVALUE__ENCRYPTION_KEY_PATH to use secret values.');
    loaded ??= readKeyFile(keyPath);
    return loaded;
  };
  const expired = (record: KeyValue) => record.expire_timestamp !== undefined && record.expire_timestamp <= now();

  const service: KeyValueService = {
    async find(scope, name, user) {
      const found = await stores.keys.findOne({ scope: fullScope(scope), name: storedName(scope, name, user) });
      return found === undefined || expired(found) ? undefined : found;
    },

    async value(scope, name, user, decrypt) {
      const found = await service.find(scope, name, user);
      if (found === undefined) return undefined;
      return found.secret && decrypt ? decryptValue(key(), found.value) : found.value;
    },

    async getForExpression({ key: reference, decrypt, user }) {
      const [, scope, name] = /^(?:st2kv\.)?(system|user)\.(.+)$/s.exec(reference) ?? [];
      if (scope === undefined || name === undefined) {
        // A key without a scope is a system key, as in StackStorm.
        const plain = await service.value('system', reference, user, decrypt);
        if (plain === undefined)
          throw new NotFoundError(`The key "${reference}" does not exist in the StackStorm datastore.`);
        return plain;
      }
      const value = await service.value(scope, name, user, decrypt);
      if (value === undefined)
        throw new NotFoundError(`The key "${reference}" does not exist in the StackStorm datastore.`);
      return value;
    },

    async set({ scope, name, user, value, secret = false, encrypted = false, description, ttl }) {
      const stored = encrypted ? checked(value) : secret ? encryptValue(key(), value) : value;
      const filter = { scope: fullScope(scope), name: storedName(scope, name, user) };
      return stores.keys.upsert(filter, {
        ...filter,
        value: stored,
        secret: secret || encrypted,
        encrypted: secret || encrypted,
        ...(description === undefined ? {} : { description }),
        ...(ttl === undefined ? {} : { expire_timestamp: new Date(now().getTime() + ttl * 1000) }),
      });
    },

    remove: (scope, name, user) =>
      stores.keys.removeOne({ scope: fullScope(scope), name: storedName(scope, name, user) }),
    decrypt: (text) => decryptValue(key(), text),
    encrypt: (text) => encryptValue(key(), text),
  };

  /** A value that claims to be encrypted has to be readable with our key, or it is lost for ever. */
  function checked(value: string): string {
    try {
      decryptValue(key(), value);
    } catch {
      throw new ValidationError(
        'Failed to verify the integrity of the provided value: it was not encrypted with the key of this system.',
      );
    }
    return value;
  }

  return service;
}
