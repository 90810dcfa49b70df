/**
 * The values that this process knows to be secret: parameters that a schema calls so, decrypted values of the datastore. A payload that
 * holds one of them is encrypted before it goes to Temporal. An encrypted payload names its secrets within, so a process that
 * reads it (a worker that replays a history) knows them before it writes anything that is made from them.
 */
import { forgetOldest } from '../../core/forget-oldest.ts';

/** Shorter ones are compared as whole strings only: as a part of others they would be found everywhere. Characters. */
const SHORTEST_PART = 5;
/** The oldest give way; each is looked for in every payload. */
const KNOWN_LIMIT = 2_000;

const known = new Map<string, string>();

/** Remembers every text and number within a secret value. */
export function rememberSecrets(value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) rememberSecrets(item);
    return;
  }
  if (typeof value !== 'string' && typeof value !== 'number') return;
  const text = String(value);
  if (text === '' || /^\*+$/.test(text)) return;
  known.delete(text);
  const inJson = JSON.stringify(text);
  known.set(text, text.length < SHORTEST_PART ? inJson : inJson.slice(1, -1));
  forgetOldest(known, KNOWN_LIMIT);
}

/** The known secrets that a JSON text holds. */
export function secretsIn(json: () => string): readonly string[] {
  if (known.size === 0) return [];
  const text = json();
  return [...known].filter(([, form]) => text.includes(form)).map(([secret]) => secret);
}
