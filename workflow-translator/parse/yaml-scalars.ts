/**
 * What a plain (unquoted) YAML 1.1 scalar means, as PyYAML's safe loader decides it. Authors rely on these rules: `on` and
 * `yes` are booleans, `010` is eight, `1:30` is ninety and `1e3` (no dot) is text.
 */
import { toPyFloat, toPyInt } from '../../core/python/values.ts';

/** A date or a date with time. Workflows see its text; the dumper prints it without quotes. */
export class YamlTimestamp {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(?:\d\d\d\d-\d\d-\d\d|\d\d\d\d-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

/** Tags that PyYAML gives to plain scalars by their form; the dumper asks it too, to know what needs quotes. */
export type ScalarKind = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'value' | 'str';

/** The kind that an unquoted text would be read as. */
export function plainScalarKind(text: string): ScalarKind {
  if (NULL.test(text)) return 'null';
  if (TRUE.test(text) || FALSE.test(text)) return 'bool';
  if (INTEGER.test(text)) return 'int';
  if (FLOAT.test(text)) return 'float';
  if (TIMESTAMP.test(text)) return 'timestamp';
  if (text === '<<') return 'merge';
  return text === '=' ? 'value' : 'str';
}

/**
 * The value of an unquoted text: null, boolean, string, number (`PyFloat` for an integral float), bigint or
 * {@link YamlTimestamp}.
 */
export function resolvePlainScalar(text: string): unknown {
  switch (plainScalarKind(text)) {
    case 'null':
      return null;
    case 'bool':
      return TRUE.test(text);
    case 'int':
      return integerOf(text) ?? text;
    case 'float':
      return toPyFloat(floatOf(text));
    case 'timestamp':
      return new YamlTimestamp(text);
    default:
      return text;
  }
}

/** The integer that a text of YAML's integer form stands for; undefined for forms without digits, such as `0b_`. */
export function integerOf(source: string): number | bigint | undefined {
  const text = source.replaceAll('_', '');
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  try {
    const size = integerSize(digits);
    return toPyInt(negative ? -size : size);
  } catch {
    // BigInt refuses what is no number at all; the caller keeps the text.
    return undefined;
  }
}

function integerSize(digits: string): bigint {
  if (digits === '0') return 0n;
  if (/^0[bx]/.test(digits)) return BigInt(digits);
  if (digits.includes(':')) return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  return digits.startsWith('0') ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
}

/** The number that a text of YAML's float form stands for. */
export function floatOf(source: string): number {
  const text = source.replaceAll('_', '').toLowerCase();
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  if (digits.includes(':')) return sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return sign * Number(digits);
}
