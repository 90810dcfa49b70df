/** Finds and replaces values that schemas call secret. */
import { groupBy } from '../group-by.ts';
import { isDict } from '../python/dict.ts';
import { jsonString } from '../python/json.ts';
import { escapeRegex } from '../python/regex.ts';
import { schemaOfItem, schemaOfProperty } from './nested-schemas.ts';
import type { ParameterSchema, ParameterSchemas } from './schema.ts';

export const MASKED_VALUE = '********';

/**
 * A copy of the values in which secrets are masked, at any depth of objects and lists. A secret object or list is
 * masked as a whole. Empty values (null, empty text) are masked like others, so that nothing is told about them.
 */
export function maskSecrets<T>(schemas: ParameterSchemas, values: T): T {
  return maskValue({ properties: schemas }, values) as T;
}

/** Masks one value by its own schema. */
export function maskValue(schema: ParameterSchema | undefined, value: unknown): unknown {
  return replaceSecrets(schema, value, () => MASKED_VALUE);
}

/** The values in a value that its schema calls secret, as they are: texts, numbers, whole objects and lists. */
export function secretValues(schema: ParameterSchema | undefined, value: unknown): readonly unknown[] {
  const found: unknown[] = [];
  replaceSecrets(schema, value, (secret) => {
    found.push(secret);
    return secret;
  });
  return found;
}

/** Shorter ones are masked where they are a whole text only: as a part of others they would be found everywhere. Characters. */
const SHORTEST_PART = 5;

/** A copy of a value in which secrets are masked wherever they occur, also within texts. Keys are left alone. */
export function maskOccurrences(value: unknown, secrets: readonly unknown[]): unknown {
  const texts = secretTexts(secrets);
  if (texts.length === 0) return value;
  const whole = new Set(texts);
  const parts = secretParts(texts);
  const numbers = new Set(parts);
  const replaceParts = createReplacer(parts);
  const mask = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(mask);
    if (isDict(item)) return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, mask(inner)]));
    if (typeof item === 'number') return numbers.has(String(item)) ? MASKED_VALUE : item;
    if (typeof item !== 'string') return item;
    return whole.has(item) ? MASKED_VALUE : replaceParts(item);
  };
  return mask(value);
}

/** Every text and number in the values, as text. */
function secretTexts(secrets: readonly unknown[]): readonly string[] {
  return secrets.flatMap(leavesOf).filter((text) => text !== '' && text !== MASKED_VALUE);
}

/**
 * Those that are masked within other texts, as they are and as they stand in JSON; the longest first: another may be a part of it.
 */
function secretParts(texts: readonly string[]): readonly string[] {
  const long = texts.filter((text) => text.length >= SHORTEST_PART);
  const forms = long.flatMap((text) => [text, inQuotes(text, true), inQuotes(text, false)]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** More are not found by one regular expression: it would try each of them at each place. */
const MOST_IN_REGEX = 50;

/** Makes the function that masks the parts (longest first) in a text. Of those that overlap, the first one counts. */
function createReplacer(parts: readonly string[]): (text: string) => string {
  if (parts.length === 0) return (text) => text;
  if (parts.length <= MOST_IN_REGEX) {
    const pattern = partsPattern(parts);
    return (text) => text.replace(pattern, MASKED_VALUE);
  }
  const byBeginning = groupBy(parts, (part) => part.slice(0, SHORTEST_PART));
  return (text) => {
    const result: string[] = [];
    let told = 0;
    for (let at = 0; at + SHORTEST_PART <= text.length; ) {
      const found = byBeginning.get(text.slice(at, at + SHORTEST_PART))?.find((part) => text.startsWith(part, at));
      if (found === undefined) {
        at += 1;
        continue;
      }
      result.push(text.slice(told, at), MASKED_VALUE);
      at += found.length;
      told = at;
    }
    return told === 0 ? text : result.join('') + text.slice(told);
  };
}

const partsPattern = (parts: readonly string[]) => new RegExp(parts.map(escapeRegex).join('|'), 'g');

const inQuotes = (text: string, ensureAscii: boolean) => jsonString(text, ensureAscii).slice(1, -1);

/** Masks secrets in a text that comes in pieces. */
export interface TextMask {
  /** The masked text that can be told by now: what may be the beginning of a secret is kept until more has come. */
  push(piece: string): string;
  /** What was kept. */
  end(): string;
}

/** @returns `undefined` when there is nothing to be masked */
export function createTextMask(secrets: readonly unknown[]): TextMask | undefined {
  const parts = secretParts(secretTexts(secrets));
  if (parts.length === 0) return undefined;
  const secret = partsPattern(parts);
  const mask = (text: string) => text.replace(secret, MASKED_VALUE);
  let kept = '';
  return {
    push(piece) {
      const text = kept + piece;
      const begun = Math.max(...parts.map((part) => beginningAtEnd(text, part)));
      let cut = text.length - begun;
      for (const { index, 0: found } of text.matchAll(secret)) {
        if (index < cut && index + found.length > cut) cut = index + found.length;
      }
      kept = text.slice(cut);
      return mask(text.slice(0, cut));
    },
    end() {
      const rest = mask(kept);
      kept = '';
      return rest;
    },
  };
}

/** How many characters at the end of a text are the beginning of `part`, without being all of it. */
function beginningAtEnd(text: string, part: string): number {
  for (let length = Math.min(part.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(part.slice(0, length))) return length;
  }
  return 0;
}

function leavesOf(secret: unknown): readonly string[] {
  if (typeof secret === 'object' && secret !== null) return Object.values(secret).flatMap(leavesOf);
  return typeof secret === 'string' || typeof secret === 'number' ? [String(secret)] : [];
}

/** Names of the parameters that are secret, or hold something that is. */
export function secretNames(schemas: ParameterSchemas): readonly string[] {
  return Object.entries(schemas).flatMap(([name, schema]) => (holdsSecret(schema) ? [name] : []));
}

/** Whether a schema calls a value secret, or anything in it. */
export function holdsSecret(schema: unknown): boolean {
  if (!isDict(schema)) return false;
  const { secret, items, additionalItems, properties, patternProperties, additionalProperties } =
    schema as ParameterSchema;
  if (secret === true || [items, additionalItems].flat().some(holdsSecret) || holdsSecret(additionalProperties))
    return true;
  return [properties, patternProperties].some((of) => isDict(of) && Object.values(of as object).some(holdsSecret));
}

function replaceSecrets(
  schema: ParameterSchema | undefined,
  value: unknown,
  replace: (secret: unknown) => unknown,
): unknown {
  if (!isDict(schema)) return value;
  if (schema.secret === true) return replace(value);
  if (Array.isArray(value)) {
    return value.map((item, index) => replaceSecrets(schemaOfItem(schema, index), item, replace));
  }
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, item]) => [
      name,
      replaceSecrets(schemaOfProperty(schema, name), item, replace),
    ]),
  );
}
