/** What an unquoted YAML 1.1 scalar means to PyYAML's safe loader; its dumper asks the same to know what needs quotes. */
import { parseFloatText } from './arithmetic.ts';
import { PythonError } from './errors.ts';
import { PyDate, PyDateTime, PyTimeDelta, toPyFloat, toPyInt } from './values.ts';

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(\d\d\d\d)-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::?(\d\d))?))?)?$/;
/** Narrower than what a tag may name a timestamp. */
const PLAIN_TIMESTAMP =
  /^(?:\d\d\d\d-\d\d-\d\d|\d\d\d\d-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

export type ScalarKind = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'value' | 'str';

/** The kind that an unquoted text is read as. */
export function plainScalarKind(text: string): ScalarKind {
  if (NULL.test(text)) return 'null';
  if (TRUE.test(text) || FALSE.test(text)) return 'bool';
  if (INTEGER.test(text)) return 'int';
  if (FLOAT.test(text)) return 'float';
  if (PLAIN_TIMESTAMP.test(text)) return 'timestamp';
  if (text === '<<') return 'merge';
  return text === '=' ? 'value' : 'str';
}

/** The value of an unquoted text. @throws PythonError ValueError for a date that does not exist, or a lone `=` */
export function plainScalarValue(text: string): unknown {
  return taggedScalarValue(plainScalarKind(text), text);
}

/** The value of a text that a tag or its form gives a kind. */
export function taggedScalarValue(kind: ScalarKind, text: string): unknown {
  switch (kind) {
    case 'null':
      return null;
    case 'bool':
      if (!TRUE.test(text) && !FALSE.test(text)) throw unreadable(kind, text);
      return TRUE.test(text);
    case 'int':
      return integerValue(text);
    case 'float':
      return floatValue(text);
    case 'timestamp':
      return timestampValue(text);
    case 'merge':
    case 'value':
      throw new PythonError(
        'ConstructorError',
        `could not determine a constructor for the tag 'tag:yaml.org,2002:${kind}'`,
      );
    default:
      return text;
  }
}

function unreadable(kind: string, text: string): PythonError {
  return new PythonError('ValueError', `'${text}' is not a YAML ${kind}`);
}

function integerValue(source: string): number | bigint {
  const text = source.replaceAll('_', '');
  const digits = text.replace(/^[-+]/, '');
  try {
    const size = integerSize(digits);
    return toPyInt(text.startsWith('-') ? -size : size);
  } catch {
    // BigInt refuses what is no number, such as `0b_`.
    throw unreadable('int', source);
  }
}

function integerSize(digits: string): bigint {
  if (digits === '0') return 0n;
  if (/^0[bx]/.test(digits)) return BigInt(digits);
  if (digits.includes(':')) return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  return digits.startsWith('0') ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
}

function floatValue(source: string): unknown {
  const text = source.replaceAll('_', '').toLowerCase();
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  if (digits.includes(':'))
    return toPyFloat(sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0));
  return parseFloatText(text);
}

function timestampValue(text: string): unknown {
  const match = TIMESTAMP.exec(text);
  if (match === null) throw unreadable('timestamp', text);
  const [, year, month, day, hour, minute, second, fraction = '', zone, sign, zoneHours, zoneMinutes] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (hour === undefined) return new PyDate(date.year, date.month, date.day);
  const offset =
    sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(zoneHours) * 3600 + Number(zoneMinutes ?? 0) * 60);
  return new PyDateTime({
    ...date,
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    microsecond: Number(fraction.slice(0, 6).padEnd(6, '0')),
    offset: zone === undefined ? null : new PyTimeDelta(0, offset),
  });
}
