/** Filters that work on text. */

import { parseFloatText } from '../../../python/arithmetic.ts';
import { dictEntries, isDict } from '../../../python/dict.ts';
import { PythonError } from '../../../python/errors.ts';
import { jsonDumps } from '../../../python/json.ts';
import { floatRepr } from '../../../python/repr.ts';
import { isPyNumber, numberOf, toPyTuple } from '../../../python/values.ts';
import { getAttribute } from '../attributes.ts';
import { JinjaLimitError } from '../errors.ts';
import type { Evaluation, FilterFunction, FilterTable } from '../evaluation.ts';
import { formatPercent } from '../formatting.ts';
import { Callable, Undefined } from '../objects.ts';
import { characters, iterate, lengthOf, listOf, reprOf, textLength, textOf, truth, typeNameOf } from '../operations.ts';
import { capitalize, pad, replace, splitLines, strip } from '../string-methods.ts';

function onText(body: (text: string, evaluation: Evaluation) => unknown): FilterFunction {
  return { parameters: [], call: (value, _args, evaluation) => body(textOf(value, evaluation), evaluation) };
}

function integer(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'boolean') return Number(value);
  throw new PythonError('TypeError', `'${typeNameOf(value)}' object cannot be interpreted as an integer`);
}

/** A string itself: Python would fail on a missing method of anything else. */
function requireText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) value.requireLenient();
  if (value instanceof Undefined) return '';
  throw new PythonError('AttributeError', `'${typeNameOf(value)}' object has no attribute '${what}'`);
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (mark) => HTML[mark] ?? mark);
}

function title(text: string): string {
  return text.replace(/[^-\s({[<]+/gu, capitalize);
}

function urlQuote(text: string, safe: RegExp): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%[0-9A-F]{2}/g, (code) => {
      const mark = decodeURIComponentSafe(code);
      return mark !== undefined && safe.test(mark) ? mark : code;
    });
}

function decodeURIComponentSafe(code: string): string | undefined {
  const value = Number.parseInt(code.slice(1), 16);
  return value < 128 ? String.fromCharCode(value) : undefined;
}

function urlEncode(value: unknown, evaluation: Evaluation): string {
  const isPairs = isDict(value) || (typeof value !== 'string' && Array.isArray(value));
  if (!isPairs) return urlQuote(textOf(value, evaluation), /[/]/);
  const pairs = isDict(value)
    ? dictEntries(value)
    : (value as readonly unknown[]).map((pair) => [...iterate(pair, evaluation)]);
  const quote = (part: unknown): string => urlQuote(textOf(part, evaluation), /[^\s\S]/).replaceAll('%20', '+');
  return pairs.map(([key, item]) => `${quote(key)}=${quote(item)}`).join('&');
}

function truncate(value: unknown, args: readonly unknown[]): unknown {
  const length = integer(args[0], 255);
  const end = args[2] === undefined ? '...' : String(args[2]);
  const leeway = integer(args[3] ?? undefined, 5);
  if (length < textLength(end)) {
    throw new PythonError('AssertionError', `expected length >= ${textLength(end)}, got ${length}`);
  }
  if (leeway < 0) throw new PythonError('AssertionError', `expected leeway >= 0, got ${leeway}`);
  if (lengthOf(value) <= length + leeway) return value;
  const units = characters(requireText(value, 'rsplit'));
  const cut = units.slice(0, length - textLength(end)).join('');
  if (args[1] !== undefined && truth(args[1])) return cut + end;
  const space = cut.lastIndexOf(' ');
  return (space === -1 ? cut : cut.slice(0, space)) + end;
}

function indent(value: unknown, args: readonly unknown[], evaluation: Evaluation): string {
  const text = requireText(value, '__add__');
  const width = args[0];
  const indention = typeof width === 'string' ? width : ' '.repeat(Math.min(10_000, Math.max(0, integer(width, 4))));
  const first = args[1] !== undefined && truth(args[1]);
  const blank = args[2] !== undefined && truth(args[2]);
  const all = splitLines(`${text}\n`);
  evaluation.chargeText(text.length + all.length * indention.length);
  const indented = all.map((line, index) => {
    if (index === 0) return first ? indention + line : line;
    return line !== '' || blank ? indention + line : line;
  });
  return indented.join('\n');
}

interface WrapOptions {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
}

/** Python's `textwrap.wrap` of one line, white space kept as it is. */
function wrapLine(line: string, options: WrapOptions): string[] {
  const { width, breakLongWords, breakOnHyphens } = options;
  const splitter = breakOnHyphens ? /(\s+|(?<=[\w!"'&.,?])-{2,}(?=\w))|(?<=[\p{L}]-)(?=\p{L}{2})/u : /(\s+)/u;
  const chunks = line.split(splitter).filter((chunk) => chunk !== undefined && chunk !== '');
  const wrapped: string[] = [];
  chunks.reverse();
  while (chunks.length > 0) {
    const current: string[] = [];
    let length = 0;
    if (wrapped.length > 0 && chunks.at(-1)?.trim() === '') chunks.pop();
    for (let next = chunks.at(-1); next !== undefined && length + next.length <= width; next = chunks.at(-1)) {
      current.push(next);
      length += next.length;
      chunks.pop();
    }
    const long = chunks.at(-1);
    if (long !== undefined && long.length > width) {
      const space = width < 1 ? 1 : width - length;
      if (breakLongWords) {
        current.push(long.slice(0, space));
        chunks[chunks.length - 1] = long.slice(space);
      } else if (current.length === 0) current.push(chunks.pop() ?? '');
    }
    if (current.at(-1)?.trim() === '') current.pop();
    if (current.length > 0) wrapped.push(current.join(''));
  }
  return wrapped;
}

function wordWrap(value: unknown, args: readonly unknown[], evaluation: Evaluation): string {
  const text = requireText(value, 'splitlines');
  const options = {
    width: integer(args[0], 79),
    breakLongWords: args[1] === undefined || truth(args[1]),
    breakOnHyphens: args[3] === undefined || truth(args[3]),
  };
  if (options.width <= 0) throw new PythonError('ValueError', `invalid width ${options.width} (must be > 0)`);
  const separator = typeof args[2] === 'string' ? args[2] : '\n';
  evaluation.charge(text.length);
  return splitLines(text)
    .map((line) => wrapLine(line, options).join(separator))
    .join(separator);
}

function fileSize(value: unknown, binary: boolean): string {
  const parsed = typeof value === 'string' ? parseFloatText(value) : typeof value === 'boolean' ? Number(value) : value;
  if (!isPyNumber(parsed)) {
    const message = `float() argument must be a string or a real number, not '${typeNameOf(value)}'`;
    throw new PythonError('TypeError', message);
  }
  const size = numberOf(parsed);
  const base = binary ? 1024 : 1000;
  if (size === 1) return '1 Byte';
  if (size < base) return `${Math.trunc(size)} Bytes`;
  const prefixes = 'kMGTPEZY';
  let power = 1;
  while (power < prefixes.length && !(size < base ** (power + 1))) power += 1;
  const letter = prefixes.charAt(power - 1);
  const figure = Number.isFinite(size) ? (size / base ** power).toFixed(1) : floatRepr(size);
  return `${figure} ${binary ? `${letter.toUpperCase()}iB` : `${letter}B`}`;
}

function xmlAttributes(value: unknown, autospace: unknown, evaluation: Evaluation): string {
  if (!isDict(value)) throw new PythonError('AttributeError', `'${typeNameOf(value)}' object has no attribute 'items'`);
  const parts: string[] = [];
  for (const [key, item] of dictEntries(value)) {
    if (item === null || item instanceof Undefined) continue;
    const name = textOf(key, evaluation);
    if (/[\s/>=]/.test(name)) throw new PythonError('ValueError', `Invalid character in attribute name: '${name}'`);
    parts.push(`${escapeHtml(name)}="${escapeHtml(textOf(item, evaluation))}"`);
  }
  const text = parts.join(' ');
  return text !== '' && (autospace === undefined || truth(autospace)) ? ` ${text}` : text;
}

/** JSON that is safe within HTML, as Jinja2 writes it. */
function toHtmlJson(value: unknown, indentation: unknown, evaluation: Evaluation): string {
  evaluation.chargeTree(value);
  if (value instanceof Undefined) value.fail();
  const options = { indent: indentation === undefined ? null : (indentation as number | null), sortKeys: true };
  return jsonDumps(value, options).replace(/[<>&']/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`);
}

function stripTags(text: string): string {
  let result = text;
  for (let start = result.indexOf('<!--'); start !== -1; start = result.indexOf('<!--')) {
    const end = result.indexOf('-->', start);
    if (end === -1) break;
    result = result.slice(0, start) + result.slice(end + 3);
  }
  const plain = result
    .replace(/<[^>]*>/g, '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
  const entities: Readonly<Record<string, string>> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    '#39': "'",
    '#34': '"',
    nbsp: '\u00a0',
  };
  return plain.replace(/&(#?\w+);/g, (all, name: string) => entities[name] ?? all);
}

function joined(value: unknown, evaluation: Evaluation, separator: string, read: (item: unknown) => unknown): string {
  const parts = listOf(value, evaluation).map((item) => textOf(read(item), evaluation));
  evaluation.chargeText(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}

const escaped = onText((text, evaluation) => {
  evaluation.chargeText(text.length * 5);
  return escapeHtml(text);
});

export { joined };

export const textFilters: FilterTable = {
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  capitalize: onText(capitalize),
  title: onText(title),
  string: onText((text) => text),
  trim: { parameters: ['chars?'], call: (value, [chars], evaluation) => strip(textOf(value, evaluation), chars) },
  e: escaped,
  escape: escaped,
  forceescape: escaped,
  safe: { parameters: [], call: (value, _args, evaluation) => textOf(value, evaluation) },
  striptags: onText(stripTags),
  urlencode: { parameters: [], call: (value, _args, evaluation) => urlEncode(value, evaluation) },
  urlize: {
    parameters: ['trim_url_limit?', 'nofollow?', 'target?', 'rel?', 'extra_schemes?'],
    call: (value, _args, evaluation) => linkify(escapeHtml(textOf(value, evaluation))),
  },
  wordcount: onText((text) => text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  wordwrap: {
    parameters: ['width?', 'break_long_words?', 'wrapstring?', 'break_on_hyphens?'],
    call: wordWrap,
  },
  truncate: { parameters: ['length?', 'killwords?', 'end?', 'leeway?'], call: (value, args) => truncate(value, args) },
  indent: { parameters: ['width?', 'first?', 'blank?'], call: indent },
  center: {
    parameters: ['width?'],
    call: (value, [width], evaluation) =>
      pad(textOf(value, evaluation), integer(width, 80), undefined, 'both', evaluation),
  },
  replace: {
    parameters: ['old', 'new', 'count?'],
    call: (value, [old, by, count], evaluation) => {
      const limit = count === null ? -1 : integer(count, -1);
      const text = textOf(value, evaluation);
      return replace(text, textOf(old, evaluation), textOf(by, evaluation), limit, evaluation);
    },
  },
  format: {
    parameters: 'any',
    call: (value, args, evaluation, kwargs) => {
      if (args.length > 0 && kwargs.size > 0) {
        throw new PythonError('TypeError', "can't handle positional and keyword arguments at the same time");
      }
      const values = kwargs.size > 0 ? Object.fromEntries(kwargs) : toPyTuple(args);
      return formatPercent(textOf(value, evaluation), values, evaluation);
    },
  },
  filesizeformat: {
    parameters: ['binary?'],
    call: (value, [binary]) => fileSize(value, binary !== undefined && truth(binary)),
  },
  xmlattr: {
    parameters: ['autospace?'],
    call: (value, [autospace], evaluation) => xmlAttributes(value, autospace, evaluation),
  },
  tojson: {
    parameters: ['indent?'],
    call: (value, [indentation], evaluation) => toHtmlJson(value, indentation, evaluation),
  },
  pprint: { parameters: [], call: (value, _args, evaluation) => prettyPrint(value, evaluation) },
  attr: {
    parameters: ['name'],
    call: (value, [name], evaluation) => {
      const attribute = textOf(name, evaluation);
      const found = isDict(value)
        ? getAttribute({}, attribute, evaluation)
        : getAttribute(value, attribute, evaluation);
      return found instanceof Callable && isDict(value) ? boundToDict(value, attribute, evaluation) : found;
    },
  },
};

/** Methods only: the filter `attr` never reads items. */
function boundToDict(value: unknown, name: string, evaluation: Evaluation): unknown {
  return Object.hasOwn(value as object, name)
    ? getAttribute({}, name, evaluation)
    : getAttribute(value, name, evaluation);
}

/** Jinja2's `urlize` for whole addresses; its arguments change nothing but the looks of a link. */
function linkify(text: string): string {
  return text.replace(/(^|\s)((?:https?:\/\/|www\.)[^\s<>"']+)/g, (_all, before: string, url: string) => {
    const href = url.startsWith('www.') ? `https://${url}` : url;
    return `${before}<a href="${href}" rel="noopener">${url}</a>`;
  });
}

const PRINT_WIDTH = 80;

/** Python's `pprint.pformat`: one line where it fits, else one item a line; dict keys sorted. */
function prettyPrint(value: unknown, evaluation: Evaluation, depth = 0, allowance = 0): string {
  if (depth > PRINT_WIDTH) throw new JinjaLimitError('levels of nesting', PRINT_WIDTH);
  const sorted = sortedDicts(value);
  const line = reprOf(sorted, evaluation);
  if (line.length <= PRINT_WIDTH - depth - allowance || typeof sorted !== 'object' || sorted === null) return line;
  const separator = `,\n${' '.repeat(depth + 1)}`;
  if (Array.isArray(sorted)) {
    const items = sorted.map((item) => prettyPrint(item, evaluation, depth + 1, 1));
    const [open, close] = line.startsWith('(') ? ['(', ')'] : ['[', ']'];
    return open + items.join(separator) + close;
  }
  if (!isDict(sorted)) return line;
  const entries = dictEntries(sorted).map(([key, item]) => {
    const name = `${reprOf(key, evaluation)}: `;
    return name + prettyPrint(item, evaluation, depth + 1 + name.length, 1);
  });
  return `{${entries.join(separator)}}`;
}

function sortedDicts(value: unknown): unknown {
  if (!isDict(value)) return value;
  const entries = dictEntries(value);
  if (!entries.every(([key]) => typeof key === 'string')) return value;
  return Object.fromEntries([...entries].sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)));
}
