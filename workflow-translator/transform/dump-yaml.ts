/**
 * Values to YAML text as PyYAML's `safe_dump(value, default_flow_style=False)` prints them: block style, keys sorted, lists
 * not indented below their key. One difference: what occurs twice is written twice, without anchors, because Mistral's loader
 * knows none.
 */
import { type Dict, dictEntries, isDict } from '../../core/python/dict.ts';
import { compareStrings } from '../../core/python/equality.ts';
import { floatRepr } from '../../core/python/repr.ts';
import { numberOf, PyDate, PyDateTime, PyFloat } from '../../core/python/values.ts';
import { styleOf, type TextPlace, writeText } from '../../core/python/yaml-text.ts';
import { YamlTimestamp } from '../parse/yaml-scalars.ts';

const INDENT = 2;
/** A longer key is written in the form `? key`. */
const MAX_SIMPLE_KEY = 128;

export interface DumpOptions {
  /** Default true, as PyYAML's. */
  readonly sortKeys?: boolean;
}

/** YAML text of a value, with a line feed at its end. */
export function dumpYaml(value: unknown, options: DumpOptions = {}): string {
  const writer: Writer = { sortKeys: options.sortKeys ?? true };
  if (isBlock(value)) return `${block(value, 0, writer)}\n`;
  const text = scalar(value, { column: 0, indent: INDENT, isKey: false });
  return /^['"[{]/.test(text) ? `${text}\n` : `${text}\n...\n`;
}

interface Writer {
  readonly sortKeys: boolean;
}

function isBlock(value: unknown): value is Dict | readonly unknown[] {
  if (Array.isArray(value)) return value.length > 0;
  return isDict(value) && dictEntries(value).length > 0;
}

/** A collection whose first line starts at the column `indent`, where the writer already is. */
function block(value: Dict | readonly unknown[], indent: number, writer: Writer): string {
  const separator = `\n${' '.repeat(indent)}`;
  if (Array.isArray(value)) return value.map((item) => `-${behind(item, indent, indent + 1, writer)}`).join(separator);
  return sortedEntries(value as Dict, writer)
    .map(([key, item]) => entry(key, item, indent, writer))
    .join(separator);
}

/** What stands behind `-`, `?` or the `:` of a long key: collections begin on the same line. */
function behind(value: unknown, indent: number, column: number, writer: Writer): string {
  if (isBlock(value)) return ` ${block(value, indent + INDENT, writer)}`;
  return ` ${scalar(value, { column: column + 1, indent: indent + INDENT, isKey: false })}`;
}

function entry(key: unknown, value: unknown, indent: number, writer: Writer): string {
  if (!isSimpleKey(key)) {
    const colon = `\n${' '.repeat(indent)}:`;
    return `?${behind(key, indent, indent + 1, writer)}${colon}${behind(value, indent, indent + 1, writer)}`;
  }
  const name = `${scalar(key, { column: indent, indent: indent + INDENT, isKey: true })}:`;
  if (!isBlock(value)) {
    return `${name} ${scalar(value, { column: indent + name.length + 1, indent: indent + INDENT, isKey: false })}`;
  }
  const deeper = Array.isArray(value) ? indent : indent + INDENT;
  return `${name}\n${' '.repeat(deeper)}${block(value, deeper, writer)}`;
}

/** PyYAML counts the key's type tag in. */
function isSimpleKey(key: unknown): boolean {
  if (typeof key !== 'string') return true;
  return key !== '' && !/[\n\x85\u2028\u2029]/.test(key) && Array.from(key).length + '!!str'.length < MAX_SIMPLE_KEY;
}

type ScalarPlace = Omit<TextPlace, 'unicode'>;

function textAt(text: string, { column, indent, isKey }: ScalarPlace): string {
  const place = { column, indent, isKey, unicode: false };
  return writeText(text, styleOf(text, place), place);
}

function scalar(value: unknown, place: ScalarPlace): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return textAt(value, place);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'number') return floatText(value);
  if (value instanceof PyFloat) return floatText(value.value);
  if (Array.isArray(value)) return '[]';
  if (isDict(value)) return '{}';
  if (value instanceof YamlTimestamp) return timestampText(value.text);
  return value instanceof PyDate || value instanceof PyDateTime ? value.toString() : textAt(String(value), place);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const text = floatRepr(value);
  return text.includes('.') ? text : text.replace('e', '.0e');
}

/** A date as it is; of a time the `T` becomes a blank and the parts get two digits. */
function timestampText(text: string): string {
  const [, date, time] = /^(\S+?)(?:[Tt]|[ \t]+)(\d\S*.*)$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return text;
  const padded = date.replace(/-(\d)(?=-|$)/g, '-0$1');
  return `${padded} ${time
    .replace(/^(\d):/, '0$1:')
    .replace(/[ \t]*Z$/, '+00:00')
    .replace(/[ \t]+/g, '')}`;
}

/** Sorted as Python sorts; keys that have no common order stay in theirs. */
function sortedEntries(dict: Dict, writer: Writer): (readonly [unknown, unknown])[] {
  const entries = dictEntries(dict);
  if (!writer.sortKeys) return entries;
  const keys = entries.map(([key]) => key);
  if (keys.every((key) => typeof key === 'string')) {
    return [...entries].sort(([left], [right]) => compareStrings(String(left), String(right)));
  }
  if (!keys.every(isNumeric)) return entries;
  return [...entries].sort(([left], [right]) => numberOf(left as number) - numberOf(right as number));
}

function isNumeric(value: unknown): boolean {
  return ['number', 'bigint', 'boolean'].includes(typeof value) || value instanceof PyFloat;
}
