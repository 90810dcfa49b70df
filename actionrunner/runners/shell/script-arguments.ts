/**
 * Arguments of a script as StackStorm gives them: parameters with a `position` in that order, the others by name.
 * Everything is quoted: no value and no name can become part of the command.
 */
import type { ParameterSchemas } from '../../../stores/records.ts';
import { quoteWord } from '../../process/quote.ts';
import type { Values } from '../contract.ts';

/** A value as Python prints it with `str()`, for the plain values that parameters hold. */
export function toPythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(toPythonLiteral).join(', ')}]`;
  if (typeof value === 'object') {
    const items = Object.entries(value).map(([key, item]) => `${toPythonLiteral(key)}: ${toPythonLiteral(item)}`);
    return `{${items.join(', ')}}`;
  }
  return String(value);
}

function toPythonLiteral(value: unknown): string {
  if (typeof value !== 'string') return toPythonText(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(quote, `\\${quote}`);
  return `${quote}${body}${quote}`;
}

/** JSON with a blank after commas and colons, as Python writes it. */
function toPythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${toPythonJson(item)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

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
      return value === null || value === undefined ? '' : toPythonText(value);
    case 'boolean':
      return value === null || value === undefined ? '' : isEmptyValue(value) ? '0' : '1';
    case 'array':
    case 'list':
      if (isEmptyValue(value)) return '';
      return Array.isArray(value) ? value.map(toPythonText).join(',') : toPythonText(value);
    case 'object':
      return isEmptyValue(value) ? '' : toPythonJson(value);
    case 'null':
      return '';
    default:
      return isEmptyValue(value) ? '' : toPythonText(value);
  }
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
  return {
    positional: placed.map(([name, schema]) => toPositionalText(schema.type, parameters[name])),
    named: new Map(Object.entries(parameters).filter(([name]) => !names.has(name))),
  };
}

/** The arguments as words of a shell: named ones first (`--name=value`, `--flag`), empty ones left out. */
export function toArgumentWords(args: ScriptArguments, kwargOperator: string): string[] {
  const words: string[] = [];
  for (const [name, value] of args.named) {
    const option = quoteWord(`${kwargOperator}${name}`);
    if (value === null || value === undefined || value === '' || value === false) continue;
    words.push(value === true ? option : `${option}=${quoteWord(toPythonText(value))}`);
  }
  return [...words, ...args.positional.map(quoteWord)];
}
