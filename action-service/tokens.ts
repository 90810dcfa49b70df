/**
 * Tokens and API keys. Only hashes are stored: who reads the database cannot act as a user.
 */
import { createHash, randomBytes } from 'node:crypto';
import { randomSecret } from '../platform/random-secret.ts';
import type { ApiKey, Token } from '../stores/records.ts';
import { rememberBy } from '../stores/remembered.ts';
import type { Stores } from '../stores/stores.ts';

const REUSE_UNTIL_LEFT_MS = 3_600_000;

/** Who a credential belongs to. */
export interface Identity {
  readonly user: string;
  readonly kind: 'token' | 'api-key';
  readonly id: string;
}

export interface NewToken {
  /** The record; its hash is of no use to a client. */
  readonly record: Token;
  /** 32 hex digits, shown once. */
  readonly token: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const sha512 = (text: string) => createHash('sha512').update(text).digest('hex');

/** Makes a token. @param ttl seconds */
export async function createToken(
  stores: Stores,
  request: {
    readonly user: string;
    readonly ttl: number;
    readonly metadata?: Readonly<Record<string, unknown>>;
    readonly service?: boolean;
  },
): Promise<NewToken> {
  const token = randomBytes(16).toString('hex');
  const record = await stores.tokens.insert({
    user: request.user,
    token_hash: sha256(token),
    expiry: new Date(Date.now() + request.ttl * 1000),
    metadata: request.metadata ?? {},
    service: request.service ?? false,
  });
  return { record, token };
}

/** For how long a token that another process took back may still be taken for good. */
const REMEMBERED_MS = 1_000;
const finders = new WeakMap<Stores, (hash: string) => Promise<Token | undefined>>();

function findByHash(stores: Stores, hash: string): Promise<Token | undefined> {
  let find = finders.get(stores);
  if (find === undefined) {
    find = rememberBy(stores.tokens, 'token_hash', REMEMBERED_MS);
    finders.set(stores, find);
  }
  return find(hash);
}

/** The owner of a token that exists and has not expired. */
export async function findToken(stores: Stores, token: string): Promise<Identity | 'expired' | undefined> {
  const record = await findByHash(stores, sha256(token));
  if (record === undefined) return undefined;
  return record.expiry <= new Date() ? 'expired' : { user: record.user, kind: 'token', id: record.id };
}

/** Takes a token back, for example that of an action which has ended. */
export async function revokeToken(stores: Stores, token: string): Promise<void> {
  await stores.tokens.removeOne({ token_hash: sha256(token) });
}

/** Makes an API key; the key itself is shown once. */
export async function createApiKey(
  stores: Stores,
  request: {
    readonly user: string;
    readonly metadata?: Readonly<Record<string, unknown>>;
    readonly enabled?: boolean;
    readonly keyHash?: string;
  },
): Promise<{ readonly record: ApiKey; readonly key: string | undefined }> {
  const key = request.keyHash === undefined ? randomSecret(48) : undefined;
  const record = await stores.apiKeys.insert({
    user: request.user,
    key_hash: request.keyHash ?? sha512(key as string),
    metadata: request.metadata ?? {},
    created_at: new Date(),
    enabled: request.enabled ?? true,
  });
  return { record, key };
}

/** The record of an API key, enabled or not. */
export function findApiKey(stores: Stores, key: string): Promise<ApiKey | undefined> {
  return stores.apiKeys.findOne({ key_hash: sha512(key) });
}

/**
 * Gives services a token in a user's name, one a user and process, renewed before it ends:
 * a request per task would cost a write each.
 */
export function createServiceTokens(
  stores: Stores,
  ttlSeconds: number,
): { serviceToken(user: string): Promise<string> } {
  const known = new Map<string, { readonly token: Promise<string>; readonly until: number }>();
  return {
    serviceToken(user) {
      const found = known.get(user);
      if (found !== undefined && found.until > Date.now()) return found.token;
      const token = createToken(stores, { user, ttl: ttlSeconds, service: true }).then((made) => made.token);
      const keep = Math.max(ttlSeconds * 1000 - REUSE_UNTIL_LEFT_MS, ttlSeconds * 500);
      known.set(user, { token, until: Date.now() + keep });
      token.catch(() => known.delete(user));
      return token;
    },
  };
}
