const SAFE = /^[A-Za-z0-9@%+=:,./_-]+$/;

/**
 * A text as one word of a POSIX shell, whatever is in it. Words of harmless characters stay as they are, as in Python's `shlex.quote`.
 *
 * @throws RangeError for a text with a NUL, which no process argument can hold
 */
export function quoteWord(text: string): string {
  if (text.includes('\0')) throw new RangeError('An argument of a command must not contain a NUL character.');
  if (SAFE.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
