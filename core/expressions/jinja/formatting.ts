/** Python's two ways of formatting text: `'%s' % value` and `'{}'.format(value)`. */

import { dictGet, isDict } from '../../python/dict.ts';
import { PythonError } from '../../python/errors.ts';
import { floatRepr } from '../../python/repr.ts';
import { isPyFloat, isPyInt, isPyNumber, numberOf, PyTuple } from '../../python/values.ts';
import { JinjaLimitError } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import type { Kwargs } from './objects.ts';
import { reprOf, textOf, typeNameOf } from './operations.ts';

const MAX_WIDTH = 100_000;

/** `format % values`: values is a tuple, a dict (for `%(name)s`), or one value. */
export function formatPercent(format: string, values: unknown, evaluation: Evaluation): string {
  const queue: readonly unknown[] = values instanceof PyTuple ? values : [values];
  let used = 0;
  let named = false;
  const next = (): unknown => {
    if (used >= queue.length) throw new PythonError('TypeError', 'not enough arguments for format string');
    used += 1;
    return queue[used - 1];
  };
  const pattern = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?(.|$)/gs;
  const result = format.replace(pattern, (_all, name, flags: string, width, precision, type: string) => {
    if (type === '%') return '%';
    const spec = { flags, width: countOf(width, next), precision: countOf(precision, next), type };
    if (typeof name === 'string') {
      named = true;
      if (!isDict(values)) throw new PythonError('TypeError', 'format requires a mapping');
      const value = dictGet(values, name);
      if (value === undefined) throw new PythonError('KeyError', `'${name}'`);
      return percentItem(value, spec, evaluation);
    }
    return percentItem(next(), spec, evaluation);
  });
  // What has items by index or key is taken for a mapping, whose items need not all be named.
  const isMapping = isDict(values) || (Array.isArray(values) && !(values instanceof PyTuple));
  if (!named && used < queue.length && !isMapping) {
    throw new PythonError('TypeError', 'not all arguments converted during string formatting');
  }
  evaluation.chargeText(result.length);
  return result;
}

function countOf(text: string | undefined, next: () => unknown): number | undefined {
  if (text === undefined) return undefined;
  return limited(text === '*' ? Number(next()) : Number(text));
}

function limited(width: number): number {
  if (width > MAX_WIDTH) throw new JinjaLimitError('characters of width', MAX_WIDTH);
  return width;
}

interface PercentSpec {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly type: string;
}

function percentItem(value: unknown, spec: PercentSpec, evaluation: Evaluation): string {
  const { flags, type } = spec;
  const isText = 'sra'.includes(type) || type === 'c';
  let body: string;
  if (isText) {
    body = type === 's' ? textOf(value, evaluation) : type === 'c' ? characterOf(value) : reprOf(value, evaluation);
    if (spec.precision !== undefined) body = Array.from(body).slice(0, spec.precision).join('');
  } else body = percentNumber(value, spec);
  const width = spec.width ?? 0;
  if (flags.includes('-')) return body.padEnd(width);
  if (flags.includes('0') && !isText) return zeroFill(body, width);
  return body.padStart(width);
}

function characterOf(value: unknown): string {
  return typeof value === 'number' ? String.fromCodePoint(value) : String(value);
}

function percentNumber(value: unknown, spec: PercentSpec): string {
  const number = typeof value === 'boolean' ? Number(value) : value;
  const kind = spec.type.toLowerCase();
  if (!isPyNumber(number)) {
    const needs = 'diu'.includes(kind) ? 'a real number is required' : 'must be real number';
    throw new PythonError('TypeError', `%${spec.type} format: ${needs}, not ${typeNameOf(value)}`);
  }
  const sign = spec.flags.includes('+') ? '+' : spec.flags.includes(' ') ? ' ' : '-';
  const alternate = spec.flags.includes('#');
  if ('diuxo'.includes(kind)) {
    const integer = isPyInt(number) ? number : BigInt(Math.trunc(numberOf(number)));
    const base = kind === 'x' ? 16 : kind === 'o' ? 8 : 10;
    const prefix = alternate && kind !== 'd' ? (kind === 'x' ? '0x' : '0o') : '';
    return withCase(signed(integer < 0, prefix + digits(integer, base), sign), spec.type);
  }
  if ('efg'.includes(kind)) {
    const size = numberOf(number);
    return withCase(
      signed(isNegative(size), floatText(Math.abs(size), kind, spec.precision ?? 6, alternate), sign),
      spec.type,
    );
  }
  throw new PythonError('ValueError', `unsupported format character '${spec.type}'`);
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

function digits(value: number | bigint, base: number): string {
  return (value < 0 ? -value : value).toString(base);
}

function signed(negative: boolean, body: string, sign: string): string {
  if (negative) return `-${body}`;
  return sign === '-' ? body : sign + body;
}

function withCase(text: string, type: string): string {
  return type >= 'A' && type <= 'Z' ? text.toUpperCase() : text;
}

function zeroFill(body: string, width: number): string {
  const sign = /^[-+ ]/.test(body) ? body.slice(0, 1) : '';
  return sign + body.slice(sign.length).padStart(width - sign.length, '0');
}

/** The size of a float in `f`, `e` or `g` form. */
function floatText(value: number, kind: string, precision: number, alternate = false): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  if (kind === 'f') return fixed(value, precision);
  if (kind === 'e') return exponent(value.toExponential(Math.min(precision, 100)));
  const significant = Math.max(1, precision);
  const power = value === 0 ? 0 : Number(value.toExponential(Math.min(significant - 1, 100)).split('e')[1]);
  const text =
    power < -4 || power >= significant
      ? exponent(value.toExponential(Math.min(significant - 1, 100)))
      : fixed(value, Math.max(0, significant - 1 - power));
  return alternate || !text.includes('.') ? text : text.replace(/\.?0+(?=e|$)/, '');
}

/** `toFixed` that rounds as Python does and works for large numbers. */
function fixed(value: number, precision: number): string {
  if (value >= 1e21) return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  return value.toFixed(Math.min(precision, 100));
}

function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `template.format(*args, **kwargs)`; `field` reads attributes and items safely. */
export function formatBraces(
  template: string,
  args: readonly unknown[],
  kwargs: Kwargs,
  evaluation: Evaluation,
  field: (target: unknown, name: string, isAttribute: boolean) => unknown,
): string {
  let automatic = 0;
  const expand = (text: string, depth: number): string => {
    if (depth > 2 && /[{}]/.test(text)) throw new PythonError('ValueError', 'Max string recursion exceeded');
    return text.replace(/\{\{|\}\}|\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|[{}]/g, (all, content?: string) => {
      if (all === '{{' || all === '}}') return all.charAt(0);
      if (content === undefined) throw new PythonError('ValueError', `Single '${all}' encountered in format string`);
      return replacement(content, depth);
    });
  };
  const replacement = (content: string, depth: number): string => {
    const [, path = '', conversion, rawSpec = ''] = /^([^!:]*)(?:!([^:]))?(?::([\s\S]*))?$/.exec(content) ?? [];
    const [, root = '', rest = ''] = /^([^.[]*)([\s\S]*)$/.exec(path) ?? [];
    let value = rootValue(root);
    for (const [, attribute, item] of rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
      value = field(value, attribute ?? item ?? '', attribute !== undefined);
    }
    if (conversion === 'r' || conversion === 'a') value = reprOf(value, evaluation);
    if (conversion === 's') value = textOf(value, evaluation);
    return formatSpec(value, expand(rawSpec, depth + 1), evaluation);
  };
  const rootValue = (root: string): unknown => {
    if (root !== '' && !/^\d+$/.test(root)) {
      if (!kwargs.has(root)) throw new PythonError('KeyError', `'${root}'`);
      return kwargs.get(root);
    }
    const index = root === '' ? automatic++ : Number(root);
    if (index >= args.length) {
      throw new PythonError('IndexError', `Replacement index ${index} out of range for positional args tuple`);
    }
    return args[index];
  };
  const result = expand(template, 1);
  evaluation.chargeText(result.length);
  return result;
}

const SPEC = /^(?:([\s\S])?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([_,])?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** Python's `format(value, spec)`. */
export function formatSpec(value: unknown, spec: string, evaluation: Evaluation): string {
  if (spec === '') return textOf(value, evaluation);
  const match = SPEC.exec(spec);
  if (match === null) throw new PythonError('ValueError', `Invalid format specifier '${spec}'`);
  const [, fill, align, sign = '-', alternate, zero, width, grouping, precision, type] = match;
  const number = typeof value === 'boolean' && type !== undefined && type !== 's' ? Number(value) : value;
  const isNumber = isPyNumber(number);
  let body: string;
  if (isNumber) body = formatNumber(number, { sign, alternate: alternate !== undefined, grouping, precision, type });
  else {
    if (type !== undefined && type !== 's') {
      throw new PythonError('ValueError', `Unknown format code '${type}' for object of type '${typeNameOf(value)}'`);
    }
    body = textOf(value, evaluation);
    if (precision !== undefined) body = Array.from(body).slice(0, Number(precision)).join('');
  }
  const size = limited(Number(width ?? 0));
  if (zero !== undefined && align === undefined && isNumber) return zeroFill(body, size);
  return aligned(body, size, fill ?? (zero !== undefined ? '0' : ' '), align ?? (isNumber ? '>' : '<'));
}

function aligned(body: string, width: number, fill: string, align: string): string {
  const missing = width - Array.from(body).length;
  if (missing <= 0) return body;
  if (align === '<') return body + fill.repeat(missing);
  if (align === '^') return fill.repeat(Math.floor(missing / 2)) + body + fill.repeat(Math.ceil(missing / 2));
  if (align === '>') return fill.repeat(missing) + body;
  const sign = /^[-+ ]/.test(body) ? body.slice(0, 1) : '';
  return sign + fill.repeat(missing) + body.slice(sign.length);
}

interface NumberSpec {
  readonly sign: string;
  readonly alternate: boolean;
  readonly grouping: string | undefined;
  readonly precision: string | undefined;
  readonly type: string | undefined;
}

function formatNumber(value: Parameters<typeof numberOf>[0] & (number | bigint | object), spec: NumberSpec): string {
  const type = spec.type ?? (isPyFloat(value) ? '' : 'd');
  if ('dxXobcn'.includes(type) && type !== '') {
    if (!isPyInt(value))
      throw new PythonError('ValueError', `Unknown format code '${type}' for object of type 'float'`);
    if (type === 'c') return String.fromCodePoint(Number(value));
    const base = { x: 16, X: 16, o: 8, b: 2 }[type] ?? 10;
    const prefix = spec.alternate && base !== 10 ? `0${type}` : '';
    return withCase(signed(value < 0, prefix + grouped(digits(value, base), spec.grouping), spec.sign), type);
  }
  const size = numberOf(value);
  if (type === '%') {
    const text = floatText(Math.abs(size * 100), 'f', Number(spec.precision ?? 6));
    return `${signed(isNegative(size), grouped(text, spec.grouping), spec.sign)}%`;
  }
  if (type === '' && spec.precision === undefined) {
    return signed(isNegative(size), grouped(floatRepr(Math.abs(size)), spec.grouping), spec.sign);
  }
  const kind = type === '' ? 'g' : type.toLowerCase();
  if (!'efg'.includes(kind))
    throw new PythonError('ValueError', `Unknown format code '${type}' for object of type 'float'`);
  const text = floatText(Math.abs(size), kind, Number(spec.precision ?? 6));
  return withCase(signed(isNegative(size), grouped(text, spec.grouping), spec.sign), type);
}

function grouped(text: string, separator: string | undefined): string {
  if (separator === undefined) return text;
  const [whole = '', ...rest] = text.split(/(?=[.e])/);
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, separator) + rest.join('');
}
