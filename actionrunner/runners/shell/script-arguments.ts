/**
 * Arguments of a script as StackStorm gives them: parameters with a `position` in that order, the others by name.
 * Everything is quoted: no value and no name can become part of the command.
 */
import { jsonDumps } from '../../../core/python/json.ts';
import { pyStr } from '../../../core/python/repr.ts';
import { toPyFloat } from '../../../core/python/values.ts';
import type { ParameterSchemas } from '../../../stores/records.ts';
import { quoteWord } from '../../process/quote.ts';
import type { Values } from '../contract.ts';

function isEmptyValue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** One positional argument, unquoted. Rules: `serialize_positional_argument` in `st2common/util/action_db.py`. */
export function toPositionalText(type: unknown, value: unknown): string {
  switch (type) {
    case 'string':
    case 'number':
    case 'float':
      return value === null || value === undefined ? '' : pyStr(value);
    case 'boolean':
      return value === null || value === undefined ? '' : isEmptyValue(value) ? '0' : '1';
    case 'array':
    case 'list':
      if (isEmptyValue(value)) return '';
      return Array.isArray(value) ? value.map((item) => pyStr(item)).join(',') : pyStr(value);
    case 'object':
      return isEmptyValue(value) ? '' : jsonDumps(value, { ensureAscii: false });
    case 'null':
      return '';
    default:
      return isEmptyValue(value) ? '' : pyStr(value);
  }
}

/** A number as Python prints it when it has been cast to its type: `5.0`. */
function withFraction(type: unknown, value: unknown): unknown {
  return type === 'number' && typeof value === 'number' ? toPyFloat(value) : value;
}

export interface ScriptArguments {
  /** In the order of their positions, unquoted. */
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, unknown>;
}

/** Splits an action's parameters by whether their schema has a `position`. */
export function splitArguments(parameters: Values, schemas: ParameterSchemas): ScriptArguments {
  const placed = Object.entries(schemas)
    .filter(([, schema]) => typeof schema?.position === 'number')
    .sort(([, a], [, b]) => (a.position as number) - (b.position as number));
  const names = new Set(placed.map(([name]) => name));
  const named = Object.entries(parameters).filter(([name]) => !names.has(name));
  return {
    positional: placed.map(([name, { type }]) => toPositionalText(type, withFraction(type, parameters[name]))),
    named: new Map(named),
  };
}

/** The arguments as words of a shell: named ones first (`--name=value`, `--flag`), empty ones left out. */
export function toArgumentWords(args: ScriptArguments, schemas: ParameterSchemas, kwargOperator: string): string[] {
  const words: string[] = [];
  for (const [name, value] of args.named) {
    const option = quoteWord(`${kwargOperator}${name}`);
    if (value === null || value === undefined || value === '' || value === false) continue;
    words.push(value === true ? option : `${option}=${quoteWord(pyStr(withFraction(schemas[name]?.type, value)))}`);
  }
  return [...words, ...args.positional.map(quoteWord)];
}
