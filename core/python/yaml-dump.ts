/** PyYAML's `safe_dump(value, default_flow_style=False)`: block style, sorted keys, text in the style PyYAML chooses. */
import { type Dict, dictEntries, dictSize, isDict } from './dict.ts';
import { compareStrings, pyTypeName } from './equality.ts';
import { PythonError } from './errors.ts';
import { floatRepr } from './repr.ts';
import { isPyNumber, numberOf, PyDate, PyDateTime, type PyFloat } from './values.ts';
import { styleOf, writeText } from './yaml-text.ts';

/** The arguments of `safe_dump` that matter here, with its defaults. */
export interface YamlDumpOptions {
  /** Columns of one level, 2 to 9; other values mean 2. */
  readonly indent?: number;
  /** Print characters beyond ASCII as they are. */
  readonly allowUnicode?: boolean;
  /** Close a bare scalar with a line `...`, as PyYAML's own emitter does (and libyaml does not). Default true. */
  readonly documentEnd?: boolean;
}

const MAX_SIMPLE_KEY = 128;
const MAX_DEPTH = 200;

/** @throws PythonError RepresenterError for a value that YAML cannot represent, such as a set or an iterator */
export function yamlDump(value: unknown, options: YamlDumpOptions = {}): string {
  const indent = options.indent ?? 2;
  const writer = new Writer(indent > 1 && indent < 10 ? indent : 2, options.allowUnicode === true);
  if (isBlock(value)) return `${writer.block(value, 0, 0)}\n`;
  const text = writer.scalar(value, 0, writer.step, false);
  const isBare = !/^['"[{]/.test(text);
  return isBare && options.documentEnd !== false ? `${text}\n...\n` : `${text}\n`;
}

function isBlock(value: unknown): value is Dict | readonly unknown[] {
  if (Array.isArray(value)) return value.length > 0;
  return isDict(value) && dictSize(value) > 0;
}

class Writer {
  readonly step: number;
  private readonly unicode: boolean;

  constructor(step: number, unicode: boolean) {
    this.step = step;
    this.unicode = unicode;
  }

  /** A collection whose first line begins at the column `indent`, where the text already is. */
  block(value: Dict | readonly unknown[], indent: number, depth: number): string {
    if (depth > MAX_DEPTH)
      throw new PythonError('LimitExceeded', `The value is nested deeper than ${MAX_DEPTH} levels`);
    const separator = `\n${' '.repeat(indent)}`;
    if (Array.isArray(value)) {
      return value.map((item) => `-${this.inline(item, indent, indent + 1, depth)}`).join(separator);
    }
    return sortedEntries(value as Dict)
      .map(([key, item]) => this.entry(key, item, indent, depth))
      .join(separator);
  }

  /** What stands behind `-`, `?` and the `:` of a long key: a collection begins on the same line, one level deeper. */
  private inline(value: unknown, indent: number, column: number, depth: number): string {
    const deeper = indent + this.step;
    if (!isBlock(value)) return ` ${this.scalar(value, column + 1, deeper, false)}`;
    return `${' '.repeat(deeper - column)}${this.block(value, deeper, depth + 1)}`;
  }

  private entry(key: unknown, value: unknown, indent: number, depth: number): string {
    if (!isSimpleKey(key)) {
      const colon = `\n${' '.repeat(indent)}:`;
      return `?${this.inline(key, indent, indent + 1, depth)}${colon}${this.inline(value, indent, indent + 1, depth)}`;
    }
    const name = `${this.scalar(key, indent, indent + this.step, true)}:`;
    if (!isBlock(value)) return `${name} ${this.scalar(value, indent + name.length + 1, indent + this.step, false)}`;
    // A list under a key is not indented.
    const deeper = Array.isArray(value) ? indent : indent + this.step;
    return `${name}\n${' '.repeat(deeper)}${this.block(value, deeper, depth + 1)}`;
  }

  scalar(value: unknown, column: number, indent: number, isKey: boolean): string {
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'string') {
      const place = { column, indent, isKey, unicode: this.unicode };
      return writeText(value, styleOf(value, place), place);
    }
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (isPyNumber(value)) return numberText(value);
    if (Array.isArray(value)) return '[]';
    if (isDict(value)) return '{}';
    if (value instanceof PyDate || value instanceof PyDateTime) return value.toString();
    throw new PythonError('RepresenterError', `('cannot represent an object', <${pyTypeName(value)}>)`);
  }
}

function numberText(value: number | bigint | PyFloat): string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  const size = numberOf(value);
  if (Number.isNaN(size)) return '.nan';
  if (!Number.isFinite(size)) return size > 0 ? '.inf' : '-.inf';
  const text = floatRepr(size);
  return text.includes('.') ? text : text.replace('e', '.0e');
}

/** PyYAML counts the tag of the key's type in. */
function isSimpleKey(key: unknown): boolean {
  if (Array.isArray(key) || isDict(key)) return !isBlock(key);
  if (typeof key !== 'string') return true;
  return key !== '' && !/[\n\x85\u2028\u2029]/.test(key) && Array.from(key).length + '!!str'.length < MAX_SIMPLE_KEY;
}

/** Sorted as Python sorts; keys without a common order stay as they are. */
function sortedEntries(dict: Dict): readonly (readonly [unknown, unknown])[] {
  const entries = dictEntries(dict);
  if (entries.every(([key]) => typeof key === 'string')) {
    return [...entries].sort(([left], [right]) => compareStrings(String(left), String(right)));
  }
  const sizes = entries.map(([key]) => (typeof key === 'boolean' || isPyNumber(key) ? numberOf(key) : undefined));
  if (sizes.includes(undefined)) return entries;
  return entries
    .map((entry, index) => ({ entry, size: sizes[index] ?? 0 }))
    .sort((left, right) => left.size - right.size)
    .map(({ entry }) => entry);
}
