/** Renders with values of the datastore that have to be fetched: render, fetch what is missing, render again. */
import { EffectRequiredError, errorCode, TramontaneError } from '../errors.ts';
import type { KeyValueReference, KeyValueScope, KeyValueSource } from './key-value-lookup.ts';

export type KeyValueFetch = (reference: KeyValueReference) => Promise<string | undefined>;

const MAX_FETCHES = 1000;

/**
 * Runs `body` until every item that it looks up is known. `body` must have no effects of its own.
 * @throws what `body` or `fetch` throws
 */
export async function withKeyValues<T>(fetch: KeyValueFetch, body: (source: KeyValueSource) => T): Promise<T> {
  const known = new Map<string, string | undefined>();
  const source: KeyValueSource = (reference) => {
    const id = identify(reference);
    if (known.has(id)) return known.get(id);
    throw new EffectRequiredError({ kind: 'st2kv', key: reference.key, args: { ...reference } });
  };
  for (let fetches = 0; fetches < MAX_FETCHES; fetches += 1) {
    try {
      return body(source);
    } catch (error) {
      if (errorCode(error) !== 'EFFECT_REQUIRED') throw error;
      const reference = referenceOf(error as TramontaneError);
      known.set(identify(reference), await fetch(reference));
    }
  }
  throw new TramontaneError('LIMIT', `More than ${MAX_FETCHES} items of the datastore are used at once.`);
}

function identify({ scope, user, key }: KeyValueReference): string {
  return JSON.stringify([scope, user ?? '', key]);
}

function referenceOf(error: TramontaneError): KeyValueReference {
  const { args } = error.details.effect as { readonly args: Readonly<Record<string, unknown>> };
  return {
    scope: args.scope as KeyValueScope,
    key: String(args.key),
    user: typeof args.user === 'string' ? args.user : undefined,
  };
}
