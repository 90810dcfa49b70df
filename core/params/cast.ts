/** Casts of parameter values to the types of their schemas, as StackStorm does them. */

import { NONE_MARKER } from '../expressions/functions/data.ts';
import { parseFloatText, parseInteger, truncate } from '../python/arithmetic.ts';
import { pyTypeName } from '../python/equality.ts';
import { PythonError } from '../python/errors.ts';
import { jsonLoads } from '../python/json.ts';
import { pyStr } from '../python/repr.ts';
import { isPyNumber, numberOf, toPyFloat } from '../python/values.ts';
import { parsePythonLiteral } from './python-literal.ts';

function unmarked(value: unknown): unknown {
  return value === NONE_MARKER ? null : value;
}

/** JSON, or failing that a Python literal; values that are no text pass. */
function castStructure(given: unknown): unknown {
  const value = unmarked(given);
  if (typeof value !== 'string') return value;
  try {
    return jsonLoads(value, { strictNumbers: true });
  } catch {
    // Not JSON: templates print lists and dicts in Python's form.
    return parsePythonLiteral(value);
  }
}

function castBoolean(given: unknown): unknown {
  const value = unmarked(given);
  if (typeof value !== 'string') return value;
  return parsePythonLiteral(value.charAt(0).toUpperCase() + value.slice(1).toLowerCase());
}

function castInteger(given: unknown): unknown {
  const value = unmarked(given);
  if (typeof value === 'string') return parseInteger(value);
  if (typeof value === 'boolean') return Number(value);
  if (isPyNumber(value)) return truncate(value);
  const needs = 'a string, a bytes-like object or a real number';
  throw new PythonError('TypeError', `int() argument must be ${needs}, not '${pyTypeName(value)}'`);
}

function castNumber(given: unknown): unknown {
  const value = unmarked(given);
  if (typeof value === 'string') return parseFloatText(value);
  if (typeof value === 'boolean') return toPyFloat(Number(value));
  if (isPyNumber(value)) return toPyFloat(numberOf(value));
  throw new PythonError('TypeError', `float() argument must be a string or a real number, not '${pyTypeName(value)}'`);
}

function castString(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value === 'string') return unmarked(value);
  const type = pyTypeName(value);
  throw new PythonError('ValueError', `Value "${pyStr(value)}" must either be a string or None. Got "${type}".`);
}

const CASTS: ReadonlyMap<unknown, (value: unknown) => unknown> = new Map([
  ['array', castStructure],
  ['object', castStructure],
  ['boolean', castBoolean],
  ['integer', castInteger],
  ['number', castNumber],
  ['string', castString],
]);

/** Casts a value to a parameter type; an unknown type leaves it alone. @throws PythonError ValueError, TypeError */
export function cast(type: unknown, value: unknown): unknown {
  const convert = CASTS.get(type);
  return convert === undefined ? value : convert(value);
}
