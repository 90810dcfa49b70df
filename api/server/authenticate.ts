/**
 * Finds out who asks. Exactly one credential counts, looked for in StackStorm's order: token header, API key header,
 * token in the query, API key in the query, token cookie.
 */
import { createHash } from 'node:crypto';
import { findApiKey, findToken, type Identity } from '../../action-service/tokens.ts';
import { UnauthorizedError } from '../../core/errors.ts';
import type { Stores } from '../../stores/stores.ts';

type Location = 'header' | 'query' | 'cookie';

/** The parts of a request that may carry a credential. */
export interface CredentialSource {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query: Readonly<Record<string, unknown>>;
}

export interface Authenticated {
  readonly user: string;
  readonly kind: Identity['kind'];
  readonly id: string;
  readonly location: Location;
  /** The token itself, when a cookie is to be set for it. */
  readonly cookie?: string;
}

const text = (value: unknown) => {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
};

function cookieOf(header: unknown, name: string): string | undefined {
  const prefix = `${name}=`;
  const found = (text(header) ?? '').split(';').find((part) => part.trim().startsWith(prefix));
  return text(found?.trim().slice(prefix.length).replaceAll('"', ''));
}

interface Found {
  readonly kind: Identity['kind'];
  readonly location: Location;
  readonly value: string;
}

function findCredential({ headers, query }: CredentialSource): Found | undefined {
  const candidates: readonly [Identity['kind'], Location, string | undefined][] = [
    ['token', 'header', text(headers['x-auth-token'])],
    ['api-key', 'header', text(headers['st2-api-key'])],
    ['token', 'query', text(query['x-auth-token'])],
    ['api-key', 'query', text(query['st2-api-key'])],
    ['token', 'cookie', cookieOf(headers.cookie, 'auth-token')],
  ];
  for (const [kind, location, value] of candidates) if (value !== undefined) return { kind, location, value };
  return undefined;
}

/** @throws UnauthorizedError without a credential, or with one that is unknown, expired or disabled */
export async function authenticate(stores: Stores, source: CredentialSource): Promise<Authenticated> {
  const found = findCredential(source);
  if (found === undefined) throw new UnauthorizedError('Unauthorized - One of Token or API key required.');
  const { kind, location, value } = found;
  if (kind === 'api-key') {
    const key = await findApiKey(stores, value);
    if (key === undefined) {
      const hash = createHash('sha512').update(value).digest('hex');
      throw new UnauthorizedError(`Unauthorized - ApiKey with key_hash=${hash} not found.`);
    }
    if (!key.enabled) throw new UnauthorizedError('Unauthorized - API key is disabled.');
    return { user: key.user, kind, id: key.id, location };
  }
  const identity = await findToken(stores, value);
  if (identity === undefined) throw new UnauthorizedError('Unauthorized');
  if (identity === 'expired') throw new UnauthorizedError('Unauthorized - Token has expired.');
  return { user: identity.user, kind, id: identity.id, location, ...(location === 'cookie' ? {} : { cookie: value }) };
}
