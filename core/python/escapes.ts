/** What Python's escapes of one letter stand for, in its literals as in patterns and their replacements. */
export const LETTER_ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
