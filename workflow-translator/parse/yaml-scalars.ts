import { plainScalarKind, taggedScalarValue } from '../../core/python/yaml-scalars.ts';

/** A date or a date with time. Workflows see its text; the dumper prints it without quotes. */
export class YamlTimestamp {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What a plain (unquoted) scalar of a definition means: null, boolean, string, number (`PyFloat` for an integral float), bigint or
 * {@link YamlTimestamp}. Authors rely on PyYAML's rules: `on` and `yes` are booleans, `010` is eight, `1:30` is ninety and `1e3` (no dot)
 * is text.
 */
export function resolvePlainScalar(text: string): unknown {
  const kind = plainScalarKind(text);
  if (kind === 'timestamp') return new YamlTimestamp(text);
  if (kind === 'merge' || kind === 'value') return text;
  // A form of numbers without digits, such as `0b_`, stays the text that its author has written.
  return readScalar(kind, text) ?? (kind === 'null' ? null : text);
}

/** The value of a text that a tag gives a kind; `undefined` when it is none of that kind. */
export function readScalar(kind: 'null' | 'bool' | 'int' | 'float' | 'str', text: string): unknown {
  try {
    return taggedScalarValue(kind, text);
  } catch {
    return undefined;
  }
}
