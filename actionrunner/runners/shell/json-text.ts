import { LONG_DIGITS } from '../../../core/python/exact-json.ts';

/**
 * The value of a text that is JSON of any kind, else the text: what StackStorm does with the output of commands
 * (`echo 1` gives the number 1). Integers that a number cannot hold exactly stay text.
 */
export function parseJsonText(text: string): unknown {
  if (text === '') return text;
  let exact = true;
  try {
    const value: unknown = LONG_DIGITS.test(text)
      ? JSON.parse(text, (_key, part: unknown) => {
          if (typeof part === 'number' && Number.isInteger(part) && !Number.isSafeInteger(part)) exact = false;
          return part;
        })
      : JSON.parse(text);
    return exact && value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY ? value : text;
  } catch {
    // not JSON: the usual case
    return text;
  }
}

/** A text without its last line break (`\n`, `\r` or `\r\n`). */
export function withoutLastLineBreak(text: string): string {
  const stripped = text.endsWith('\n') ? text.slice(0, -1) : text;
  return stripped.endsWith('\r') ? stripped.slice(0, -1) : stripped;
}

/** Output as results show it. */
export function toOutputValue(text: string): unknown {
  return parseJsonText(withoutLastLineBreak(text));
}
