/**
 * A small JSON Schema validator over Python's values. It exists beside the published schema because what users read must be
 * what Mistral tells them: the sentences, the choice of the most telling error among alternatives and the treatment of keys
 * that are no text are those of Python's jsonschema. It compiles nothing and is safe for any input.
 */
import { dictEntries, dictGet, dictHas, dictKeys, dictSize, isDict } from '../../core/python/dict.ts';
import { pyEquals } from '../../core/python/equality.ts';
import { pyRepr } from '../../core/python/repr.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import { PyFloat } from '../../core/python/values.ts';
import type { JsonSchema, JsonType } from './json-schema.ts';

export type SchemaStep = string | number;

export interface SchemaError {
  readonly message: string;
  readonly keyword: string;
  /** Steps from the validated value to the wrong one. */
  readonly path: readonly SchemaStep[];
  /** Steps from the schema's root to the failing keyword. */
  readonly schemaPath: readonly SchemaStep[];
  /** Whether the value has the type that the failing alternative speaks of. */
  readonly matchesType: boolean;
  /** Errors of the alternatives of `oneOf` and `anyOf`, with paths relative to the same root. */
  readonly context: readonly SchemaError[];
}

interface Place {
  readonly path: readonly SchemaStep[];
  readonly schemaPath: readonly SchemaStep[];
}

type Check = (value: unknown, schema: JsonSchema, place: Place) => SchemaError[];

/** All errors of a value, the most telling one of each group of alternatives. Empty when the value is right. */
export function validateSchema(value: unknown, schema: JsonSchema): SchemaError[] {
  return collect(value, schema, { path: [], schemaPath: [] }).map(mostTelling);
}

function collect(value: unknown, schema: JsonSchema, place: Place): SchemaError[] {
  const errors: SchemaError[] = [];
  for (const keyword of Object.keys(schema)) {
    const check = Object.hasOwn(checks, keyword) ? checks[keyword] : undefined;
    if (check !== undefined) errors.push(...check(value, schema, place));
  }
  return errors;
}

function failure(
  keyword: string,
  message: string,
  value: unknown,
  schema: JsonSchema,
  place: Place,
  context: readonly SchemaError[] = [],
): SchemaError {
  const matchesType = schema.type !== undefined && hasType(value, schema.type);
  return { message, keyword, path: place.path, schemaPath: [...place.schemaPath, keyword], matchesType, context };
}

function below(place: Place, step: SchemaStep | undefined, ...schemaSteps: SchemaStep[]): Place {
  return {
    path: step === undefined ? place.path : [...place.path, step],
    schemaPath: [...place.schemaPath, ...schemaSteps],
  };
}

/** JSON's types as Python sees them: a boolean is no integer, an integral float is one. */
export function hasType(value: unknown, type: JsonType): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isDict(value);
    case 'integer':
      return typeof value === 'bigint' || value instanceof PyFloat || Number.isInteger(value);
    case 'number':
      return typeof value === 'bigint' || value instanceof PyFloat || typeof value === 'number';
  }
}

const compiled = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    regex = new RegExp(pattern, 'u');
    compiled.set(pattern, regex);
  }
  return regex.test(text);
}

const checks: Readonly<Record<string, Check>> = {
  type: (value, schema, place) => {
    if (schema.type === undefined || hasType(value, schema.type)) return [];
    return [failure('type', `${pyRepr(value)} is not of type '${schema.type}'`, value, schema, place)];
  },
  enum: (value, schema, place) => {
    if ((schema.enum ?? []).some((item) => typeof item === typeof unboxed(value) && pyEquals(value, item))) return [];
    return [failure('enum', `${pyRepr(value)} is not one of ${pyRepr(schema.enum)}`, value, schema, place)];
  },
  minLength: (value, schema, place) => {
    if (typeof value !== 'string' || value.length >= (schema.minLength ?? 0)) return [];
    return [failure('minLength', `${pyRepr(value)} should be non-empty`, value, schema, place)];
  },
  pattern: (value, schema, place) => {
    if (typeof value !== 'string' || matches(schema.pattern ?? '', value)) return [];
    return [failure('pattern', `${pyRepr(value)} does not match ${pyRepr(schema.pattern)}`, value, schema, place)];
  },
  minimum: (value, schema, place) => {
    if (!hasType(value, 'number') || Number(unboxed(value)) >= (schema.minimum ?? 0)) return [];
    return [failure('minimum', `${pyRepr(value)} is less than the minimum of ${schema.minimum}`, value, schema, place)];
  },
  required: (value, schema, place) => {
    if (!isDict(value)) return [];
    const missing = (schema.required ?? []).filter((name) => !dictHas(value, name));
    return missing.map((name) => failure('required', `'${name}' is a required property`, value, schema, place));
  },
  minProperties: (value, schema, place) => {
    if (!isDict(value) || dictSize(value) >= (schema.minProperties ?? 0)) return [];
    return [failure('minProperties', `${pyRepr(value)} should be non-empty`, value, schema, place)];
  },
  maxProperties: (value, schema, place) => {
    if (!isDict(value) || dictSize(value) <= (schema.maxProperties ?? Number.POSITIVE_INFINITY)) return [];
    return [failure('maxProperties', `${pyRepr(value)} has too many properties`, value, schema, place)];
  },
  minItems: (value, schema, place) => {
    if (!Array.isArray(value) || value.length >= (schema.minItems ?? 0)) return [];
    return [failure('minItems', `${pyRepr(value)} should be non-empty`, value, schema, place)];
  },
  uniqueItems: (value, schema, place) => {
    if (!Array.isArray(value) || !hasDuplicates(value)) return [];
    return [failure('uniqueItems', `${pyRepr(value)} has non-unique elements`, value, schema, place)];
  },
  properties: (value, schema, place) => {
    if (!isDict(value)) return [];
    return Object.entries(schema.properties ?? {}).flatMap(([name, part]) =>
      dictHas(value, name) ? collect(dictGet(value, name), part, below(place, name, 'properties', name)) : [],
    );
  },
  patternProperties: (value, schema, place) => {
    if (!isDict(value)) return [];
    const odd = dictKeys(value).find((key) => typeof key !== 'string');
    if (odd !== undefined)
      return [failure('patternProperties', `the key ${pyRepr(odd)} is no text`, value, schema, place)];
    return Object.entries(schema.patternProperties ?? {}).flatMap(([pattern, part]) =>
      dictEntries(value).flatMap(([key, item]) =>
        matches(pattern, String(key))
          ? collect(item, part, below(place, String(key), 'patternProperties', pattern))
          : [],
      ),
    );
  },
  additionalProperties: checkAdditional,
  items: (value, schema, place) => {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) => collect(item, schema.items ?? {}, below(place, index, 'items')));
  },
  not: (value, schema, place) => {
    if (collect(value, schema.not ?? {}, place).length > 0) return [];
    return [failure('not', `${pyRepr(value)} should not be valid under ${pyRepr(schema.not)}`, value, schema, place)];
  },
  anyOf: (value, schema, place) => {
    const context = alternatives(value, schema.anyOf ?? [], 'anyOf', place);
    if (context.some((errors) => errors.length === 0)) return [];
    return [notAny('anyOf', value, schema, place, context)];
  },
  oneOf: (value, schema, place) => {
    const context = alternatives(value, schema.oneOf ?? [], 'oneOf', place);
    const valid = (schema.oneOf ?? []).filter((_, index) => context[index]?.length === 0);
    if (valid.length === 1) return [];
    if (valid.length === 0) return [notAny('oneOf', value, schema, place, context)];
    // Python's jsonschema names the first match last.
    const [first, ...others] = valid.map((part) => pyRepr(part));
    const each = [...others, first].join(', ');
    return [failure('oneOf', `${pyRepr(value)} is valid under each of ${each}`, value, schema, place)];
  },
};

function checkAdditional(value: unknown, schema: JsonSchema, place: Place): SchemaError[] {
  if (!isDict(value)) return [];
  const patterns = Object.keys(schema.patternProperties ?? {});
  const known = (key: unknown): boolean =>
    typeof key === 'string' &&
    (Object.hasOwn(schema.properties ?? {}, key) || patterns.some((pattern) => matches(pattern, key)));
  const extra = dictKeys(value).filter((key) => !known(key));
  if (extra.length === 0) return [];
  const rule = schema.additionalProperties;
  if (typeof rule === 'object') {
    return extra.flatMap((key) =>
      collect(dictGet(value, key), rule, below(place, String(key), 'additionalProperties')),
    );
  }
  if (rule !== false) return [];
  const names = extra.map((key) => pyRepr(key)).join(', ');
  const message = `Additional properties are not allowed (${names} ${extra.length === 1 ? 'was' : 'were'} unexpected)`;
  return [failure('additionalProperties', message, value, schema, place)];
}

function alternatives(value: unknown, schemas: readonly JsonSchema[], keyword: string, place: Place): SchemaError[][] {
  return schemas.map((part, index) => collect(value, part, below(place, undefined, keyword, index)));
}

function notAny(
  keyword: string,
  value: unknown,
  schema: JsonSchema,
  place: Place,
  context: readonly SchemaError[][],
): SchemaError {
  const message = `${pyRepr(value)} is not valid under any of the given schemas`;
  return failure(keyword, message, value, schema, place, context.flat());
}

function unboxed(value: unknown): unknown {
  return value instanceof PyFloat ? value.value : value;
}

function hasDuplicates(items: readonly unknown[]): boolean {
  return new Set(items.map(canonicalText)).size < items.length;
}

/** The same text for equal values: keys sorted, `2.0` as `2`. A boolean is no number here, as in jsonschema. */
function canonicalText(value: unknown): string {
  return JSON.stringify(toJsonValue(value), (_key, part: unknown) =>
    isDict(part)
      ? Object.fromEntries(dictEntries(part).sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)))
      : part,
  );
}

/** The rule of jsonschema's `best_match`: of alternatives the one that came furthest, if one stands out. */
function mostTelling(error: SchemaError): SchemaError {
  let best = error;
  while (best.context.length > 0) {
    const ranked = [...best.context].sort(byRelevance);
    const [first, second] = ranked;
    if (first === undefined || (second !== undefined && byRelevance(first, second) === 0)) return best;
    best = first;
  }
  return best;
}

/** Deepest first; among equals a definite error before a choice between alternatives. */
function byRelevance(left: SchemaError, right: SchemaError): number {
  if (left.path.length !== right.path.length) return right.path.length - left.path.length;
  const [leftPath, rightPath] = [JSON.stringify(left.path), JSON.stringify(right.path)];
  if (leftPath !== rightPath) return leftPath < rightPath ? -1 : 1;
  const weak = (error: SchemaError): number => (error.keyword === 'oneOf' || error.keyword === 'anyOf' ? 0 : 1);
  if (weak(left) !== weak(right)) return weak(left) - weak(right);
  return Number(right.matchesType) - Number(left.matchesType);
}
