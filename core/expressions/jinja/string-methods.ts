/** Methods of Python's `str`. Positions count code points. */
import { PythonError } from '../../python/errors.ts';
import { stringRepr } from '../../python/repr.ts';
import { PyTuple, toPyTuple } from '../../python/values.ts';
import type { Evaluation } from './evaluation.ts';
import type { MethodTable } from './methods.ts';
import { characters, iterate, slice, textLength, typeNameOf } from './operations.ts';

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new PythonError('TypeError', `${name} must be str, not ${typeNameOf(value)}`);
}

function integer(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'boolean') return Number(value);
  throw new PythonError('TypeError', `'${typeNameOf(value)}' object cannot be interpreted as an integer`);
}

function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : text(value, name);
}

/** Strips white space, or any of the given characters, from the ends. */
export function strip(value: string, chars: unknown, ends: 'both' | 'left' | 'right' = 'both'): string {
  const set = optionalText(chars, 'strip arg');
  if (set === undefined) return ends === 'both' ? value.trim() : ends === 'left' ? value.trimStart() : value.trimEnd();
  const units = characters(value);
  let start = 0;
  let stop = units.length;
  if (ends !== 'right') while (start < stop && set.includes(units[start] ?? '')) start += 1;
  if (ends !== 'left') while (stop > start && set.includes(units[stop - 1] ?? '')) stop -= 1;
  return units.slice(start, stop).join('');
}

/** `str.split`: at a separator, or at runs of white space. */
export function split(value: string, separator: unknown, limit: number): string[] {
  const at = optionalText(separator, 'sep');
  if (at === '') throw new PythonError('ValueError', 'empty separator');
  if (at === undefined) return splitWords(value, limit);
  const parts = value.split(at);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(at)];
}

function splitWords(value: string, limit: number): string[] {
  const trimmed = value.trim();
  if (trimmed === '') return [];
  if (limit < 0) return trimmed.split(/\s+/u);
  const parts: string[] = [];
  let rest = value.trimStart();
  for (let match = /\s+/u.exec(rest); parts.length < limit && match !== null; match = /\s+/u.exec(rest)) {
    parts.push(rest.slice(0, match.index));
    rest = rest.slice(match.index).trimStart();
  }
  return rest === '' ? parts : [...parts, rest];
}

function splitRight(value: string, separator: unknown, limit: number): string[] {
  const reversed = (part: string): string => characters(part).toReversed().join('');
  const at = optionalText(separator, 'sep');
  return split(reversed(value), at === undefined ? undefined : reversed(at), limit)
    .map(reversed)
    .reverse();
}

/** Code point position of `part` within `[start, stop)`, or -1. */
function find(value: string, args: readonly unknown[], last: boolean): number {
  const part = text(args[0], 'sub');
  const bounds = { start: args[1] ?? null, stop: args[2] ?? null, step: null };
  const window = slice(value, bounds) as string;
  const at = last ? window.lastIndexOf(part) : window.indexOf(part);
  if (at === -1) return -1;
  const size = textLength(value);
  const start = integer(args[1] ?? undefined, 0);
  if (start > size) return -1;
  return textLength(window.slice(0, at)) + (start < 0 ? Math.max(0, start + size) : start);
}

function affix(value: string, args: readonly unknown[], test: (window: string, part: string) => boolean): boolean {
  const window = slice(value, { start: args[1] ?? null, stop: args[2] ?? null, step: null }) as string;
  const parts = args[0] instanceof PyTuple ? args[0] : [args[0]];
  return parts.some((part) => test(window, text(part, 'first arg')));
}

/** `str.replace`. */
export function replace(value: string, old: string, by: string, count: number, evaluation: Evaluation): string {
  const parts = old === '' ? ['', ...characters(value), ''] : value.split(old);
  const replaced = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  evaluation.chargeText(value.length + replaced * by.length);
  return (
    parts.slice(0, replaced + 1).join(by) +
    (replaced < parts.length - 1 ? old : '') +
    parts.slice(replaced + 1).join(old)
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the line boundaries of Python's splitlines
const LINE = /([^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]*)(\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]|$)/g;

/** `str.splitlines`. */
export function splitLines(value: string, keepEnds = false): string[] {
  const lines = [...value.matchAll(LINE)].filter(([all]) => all !== '');
  return lines.map(([all, line = '']) => (keepEnds ? all : line));
}

export function capitalize(value: string): string {
  const [first = '', ...rest] = characters(value);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

function title(value: string): string {
  return value.replace(/\p{L}+/gu, capitalize);
}

export function pad(
  value: string,
  width: number,
  fill: unknown,
  side: 'left' | 'right' | 'both',
  evaluation: Evaluation,
): string {
  evaluation.chargeText(Math.max(0, width));
  const filler = fill === undefined ? ' ' : text(fill, 'the fill character');
  if (textLength(filler) !== 1) {
    throw new PythonError('TypeError', 'The fill character must be exactly one character long');
  }
  const missing = width - textLength(value);
  if (missing <= 0) return value;
  if (side === 'left') return filler.repeat(missing) + value;
  if (side === 'right') return value + filler.repeat(missing);
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return filler.repeat(left) + value + filler.repeat(missing - left);
}

function zeroPad(value: string, width: number, evaluation: Evaluation): string {
  const sign = /^[+-]/.test(value) ? value.slice(0, 1) : '';
  return sign + pad(value.slice(sign.length), width - sign.length, '0', 'left', evaluation);
}

function partition(value: string, separator: unknown, last: boolean): PyTuple {
  const at = text(separator, 'sep');
  if (at === '') throw new PythonError('ValueError', 'empty separator');
  const index = last ? value.lastIndexOf(at) : value.indexOf(at);
  if (index === -1) return toPyTuple(last ? ['', '', value] : [value, '', '']);
  return toPyTuple([value.slice(0, index), at, value.slice(index + at.length)]);
}

function test(pattern: RegExp): MethodTable[string] {
  return { parameters: [], call: (self: string) => pattern.test(self) };
}

function convert(body: (self: string) => unknown): MethodTable[string] {
  return { parameters: [], call: (self: string) => body(self) };
}

function isCased(self: string, wanted: string): boolean {
  return self === wanted && self.toLowerCase() !== self.toUpperCase();
}

const findParameters = ['sub', 'start?', 'end?'];

export const stringMethods: MethodTable = {
  upper: convert((self) => self.toUpperCase()),
  lower: convert((self) => self.toLowerCase()),
  casefold: convert((self) => self.toLowerCase().replaceAll('ß', 'ss')),
  capitalize: convert(capitalize),
  title: convert(title),
  swapcase: convert((self) =>
    characters(self)
      .map((unit) => (unit === unit.toUpperCase() ? unit.toLowerCase() : unit.toUpperCase()))
      .join(''),
  ),
  isalnum: test(/^[\p{L}\p{N}]+$/u),
  isalpha: test(/^\p{L}+$/u),
  isascii: test(/^\p{ASCII}*$/u),
  isdecimal: test(/^\p{Nd}+$/u),
  isdigit: test(/^[\p{Nd}²³¹]+$/u),
  isnumeric: test(/^\p{N}+$/u),
  isidentifier: test(/^[\p{L}_][\p{L}\p{N}_]*$/u),
  isprintable: test(/^[^\p{C}\p{Zl}\p{Zp}]*$/u),
  isspace: test(/^\s+$/u),
  islower: convert((self) => isCased(self, self.toLowerCase())),
  isupper: convert((self) => isCased(self, self.toUpperCase())),
  istitle: convert((self) => isCased(self, title(self)) || (/\p{L}/u.test(self) && self === title(self))),
  strip: { parameters: ['chars?'], call: (self: string, [chars]) => strip(self, chars) },
  lstrip: { parameters: ['chars?'], call: (self: string, [chars]) => strip(self, chars, 'left') },
  rstrip: { parameters: ['chars?'], call: (self: string, [chars]) => strip(self, chars, 'right') },
  split: {
    parameters: ['sep?', 'maxsplit?'],
    call: (self: string, [sep, max], evaluation) => evaluation.own(split(self, sep, integer(max, -1))),
  },
  rsplit: {
    parameters: ['sep?', 'maxsplit?'],
    call: (self: string, [sep, max], evaluation) => evaluation.own(splitRight(self, sep, integer(max, -1))),
  },
  splitlines: {
    parameters: ['keepends?'],
    call: (self: string, [keep], evaluation) => evaluation.own(splitLines(self, integer(keep, 0) !== 0)),
  },
  join: {
    parameters: ['iterable'],
    call: (self: string, [items], evaluation) => {
      const parts = [...iterate(items, evaluation)].map((item, index) => text(item, `sequence item ${index}`));
      evaluation.chargeText(parts.reduce((sum, part) => sum + part.length + self.length, 0));
      return parts.join(self);
    },
  },
  replace: {
    parameters: ['old', 'new', 'count?'],
    call: (self: string, [old, by, count], evaluation) =>
      replace(
        self,
        text(old, 'replace() argument 1'),
        text(by, 'replace() argument 2'),
        integer(count, -1),
        evaluation,
      ),
  },
  find: { parameters: findParameters, call: (self: string, args) => find(self, args, false) },
  rfind: { parameters: findParameters, call: (self: string, args) => find(self, args, true) },
  index: { parameters: findParameters, call: (self: string, args) => found(find(self, args, false)) },
  rindex: { parameters: findParameters, call: (self: string, args) => found(find(self, args, true)) },
  count: {
    parameters: findParameters,
    call: (self: string, [sub, start, end]) => {
      const window = slice(self, { start: start ?? null, stop: end ?? null, step: null }) as string;
      const part = text(sub, 'sub');
      return part === '' ? textLength(window) + 1 : window.split(part).length - 1;
    },
  },
  startswith: {
    parameters: ['prefix', 'start?', 'end?'],
    call: (self: string, args) => affix(self, args, (window, part) => window.startsWith(part)),
  },
  endswith: {
    parameters: ['suffix', 'start?', 'end?'],
    call: (self: string, args) => affix(self, args, (window, part) => window.endsWith(part)),
  },
  removeprefix: {
    parameters: ['prefix'],
    call: (self: string, [prefix]) =>
      self.startsWith(text(prefix, 'prefix')) ? self.slice(String(prefix).length) : self,
  },
  removesuffix: {
    parameters: ['suffix'],
    call: (self: string, [suffix]) =>
      suffix !== '' && self.endsWith(text(suffix, 'suffix')) ? self.slice(0, -String(suffix).length) : self,
  },
  center: {
    parameters: ['width', 'fillchar?'],
    call: (self: string, [w, f], e) => pad(self, integer(w, 0), f, 'both', e),
  },
  ljust: {
    parameters: ['width', 'fillchar?'],
    call: (self: string, [w, f], e) => pad(self, integer(w, 0), f, 'right', e),
  },
  rjust: {
    parameters: ['width', 'fillchar?'],
    call: (self: string, [w, f], e) => pad(self, integer(w, 0), f, 'left', e),
  },
  zfill: { parameters: ['width'], call: (self: string, [width], e) => zeroPad(self, integer(width, 0), e) },
  partition: { parameters: ['sep'], call: (self: string, [sep]) => partition(self, sep, false) },
  rpartition: { parameters: ['sep'], call: (self: string, [sep]) => partition(self, sep, true) },
  expandtabs: {
    parameters: ['tabsize?'],
    call: (self: string, [size], evaluation) => expandTabs(self, integer(size, 8), evaluation),
  },
};

function found(index: number): number {
  if (index === -1) throw new PythonError('ValueError', `${stringRepr('substring')} not found`);
  return index;
}

function expandTabs(value: string, size: number, evaluation: Evaluation): string {
  evaluation.chargeText(value.length * Math.max(1, size));
  return value
    .split('\n')
    .map((line) =>
      line.split('\t').reduce((done, part, index, parts) => {
        const next = done + part;
        return index === parts.length - 1 ? next : next + ' '.repeat(size <= 0 ? 0 : size - (next.length % size));
      }, ''),
    )
    .join('\n');
}
