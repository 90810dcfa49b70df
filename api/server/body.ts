/**
 * Reads request bodies. JSON is bounded in depth before it is parsed, and keys that could reach an object's prototype
 * are refused: what gets past here is plain data.
 */
import { ValidationError } from '../../core/errors.ts';
import { parseExactly } from '../../core/python/exact-json.ts';

const MAX_DEPTH = 500;

const place = (text: string, index: number) => {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  return `line ${line} column ${index - before.lastIndexOf('\n')} (char ${index})`;
};

const refused = (problem: string) => new ValidationError(`Failed to parse request body: ${problem}`);

/** @throws ValidationError with the place, in the words of StackStorm's parser */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') return {};
  assertDepth(text);
  let bad: string | undefined;
  try {
    // Only texts that may hold such a key pay for looking at every key.
    const suspicious = text.includes('__proto__') || /\\u00(?:5f|00)/i.test(text);
    if (suspicious) {
      JSON.parse(text, (key, item) => {
        bad ??= badKey(key);
        return item;
      });
    }
    if (bad === undefined) return parseExactly(text);
  } catch (error) {
    throw refused(describe(text, error));
  }
  throw refused(bad);
}

/** Why a key cannot be taken; `undefined` when it can. */
function badKey(key: string): string | undefined {
  if (key === '__proto__') return 'the key "__proto__" is not allowed';
  // The database has no way to store such a key.
  return key.includes('\0') ? 'a key must not contain null characters' : undefined;
}

/**
 * `application/x-www-form-urlencoded`: each name with the list of its values. What has no value is left out, as by Python's `parse_qs`.
 *
 * @throws ValidationError for a name that cannot be a key
 */
export function parseFormBody(text: string): unknown {
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const problem = badKey(name);
    if (problem !== undefined) throw refused(problem);
    if (value === '') continue;
    const list = values[name];
    if (list === undefined) values[name] = [value];
    else list.push(value);
  }
  return { ...values };
}

function assertDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) throw refused(`Recursion limit reached: ${place(text, index)}`);
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
}

function describe(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (/end of JSON input|Unterminated string/.test(message))
    return `unexpected end of data: ${place(text, text.length)}`;
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) {
    const index = Number(position);
    if (index >= text.length) return `unexpected end of data: ${place(text, text.length)}`;
    if (/after JSON/.test(message)) return `unexpected content after document: ${place(text, index)}`;
    return `unexpected character: ${place(text, index)}`;
  }
  const token = /^Unexpected token (?:'(.*?)'|(.)),? /su.exec(message);
  const character = token?.[1] ?? token?.[2];
  const index = character === undefined ? -1 : text.indexOf(character);
  return `unexpected character: ${place(text, Math.max(index, 0))}`;
}
