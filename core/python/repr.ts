/** Python's `str()` and `repr()` of the values of `values.ts`. */
import { type Dict, dictEntries, isDict } from './dict.ts';
import { PyDate, PyDateTime, PyFloat, PySet, PyTimeDelta, PyTuple } from './values.ts';

/** How containers print. */
export interface ReprOptions {
  /** Decides whether an array prints as a list (`[1]`) or as a tuple (`(1,)`); by default all but `PyTuple` are lists. */
  readonly isList?: (array: readonly unknown[]) => boolean;
  /** Told the number of items of every container on the way; may throw to stop a text that grows too far. */
  readonly onContainer?: (size: number) => void;
  /** Text of an object that is no Python value; by default its class name in angle brackets. */
  readonly other?: (value: object) => string;
}

/** Python's `str(value)`. */
export function pyStr(value: unknown, options: ReprOptions = {}): string {
  if (typeof value === 'string') return value;
  if (value instanceof PyDateTime || value instanceof PyDate || value instanceof PyTimeDelta) return value.toString();
  return pyRepr(value, options);
}

/** Python's `repr(value)`. */
export function pyRepr(value: unknown, options: ReprOptions = {}): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return stringRepr(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : floatRepr(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return `<${typeof value}>`;
  return objectRepr(value, options);
}

function objectRepr(value: object, options: ReprOptions): string {
  if (value instanceof PyFloat) return floatRepr(value.value);
  if (Array.isArray(value)) return arrayRepr(value, options);
  if (value instanceof PySet) return setRepr(value, options);
  if (value instanceof PyDateTime) return dateTimeRepr(value);
  if (value instanceof PyDate) return `datetime.date(${value.year}, ${value.month}, ${value.day})`;
  if (value instanceof PyTimeDelta) return timeDeltaRepr(value);
  if (isDict(value)) return dictRepr(value, options);
  return options.other?.(value) ?? `<${value.constructor?.name ?? 'object'}>`;
}

function arrayRepr(array: readonly unknown[], options: ReprOptions): string {
  options.onContainer?.(array.length);
  const isList = options.isList?.(array) ?? !(array instanceof PyTuple);
  const items = array.map((item) => pyRepr(item, options));
  if (isList) return `[${items.join(', ')}]`;
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
}

function setRepr(set: PySet, options: ReprOptions): string {
  options.onContainer?.(set.size);
  const name = set.frozen ? 'frozenset' : 'set';
  if (set.size === 0) return `${name}()`;
  const members = [...set].map((item) => pyRepr(item, options)).join(', ');
  return set.frozen ? `frozenset({${members}})` : `{${members}}`;
}

function dictRepr(dict: Dict, options: ReprOptions): string {
  const entries = dictEntries(dict);
  options.onContainer?.(entries.length);
  const parts = entries.map(([key, item]) => `${pyRepr(key, options)}: ${pyRepr(item, options)}`);
  return `{${parts.join(', ')}}`;
}

function dateTimeRepr(value: PyDateTime): string {
  const fields: (number | string)[] = [value.year, value.month, value.day, value.hour, value.minute];
  if (value.second !== 0 || value.microsecond !== 0) fields.push(value.second);
  if (value.microsecond !== 0) fields.push(value.microsecond);
  if (value.offset !== null) fields.push(`tzinfo=${zoneRepr(value.offset)}`);
  return `datetime.datetime(${fields.join(', ')})`;
}

/** YAQL makes its datetimes with the zone classes of dateutil. */
function zoneRepr(offset: PyTimeDelta): string {
  const seconds = offset.totalSeconds();
  return seconds === 0 ? 'tzutc()' : `tzoffset(None, ${seconds})`;
}

function timeDeltaRepr(value: PyTimeDelta): string {
  const parts: string[] = [];
  if (value.days !== 0) parts.push(`days=${value.days}`);
  if (value.seconds !== 0) parts.push(`seconds=${value.seconds}`);
  if (value.microseconds !== 0) parts.push(`microseconds=${value.microseconds}`);
  return `datetime.timedelta(${parts.length === 0 ? '0' : parts.join(', ')})`;
}

/** The shortest text that reads back as the same float, in Python's form: `2.0`, `1e+20`, `1e-07`, `inf`, `nan`. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const UNPRINTABLE = /[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A string in quotes as Python prints it inside of containers. */
export function stringRepr(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.replace(UNPRINTABLE, escapeCharacter);
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function escapeCharacter(character: string): string {
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
