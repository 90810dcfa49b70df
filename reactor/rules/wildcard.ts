import { escapeRegex } from '../../core/python/regex.ts';

/** A shell pattern (`*`, `?`, `[abc]`, `[!a-z]`) as a regular expression for the whole text, as Python's `fnmatch.translate`. */
export function wildcardToRegex(pattern: string): string {
  let result = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const mark = pattern.charAt(at);
    if (mark === '*') result += '.*';
    else if (mark === '?') result += '.';
    else if (mark === '[') {
      const end = endOfSet(pattern, at);
      if (end < 0) result += '\\[';
      else {
        result += toSet(pattern.slice(at + 1, end));
        at = end;
      }
    } else result += escapeRegex(mark);
  }
  return result;
}

/** Position of the closing bracket; one right after the opening (or its `!`) belongs to the set. */
function endOfSet(pattern: string, start: number): number {
  let from = start + 1;
  if (pattern.charAt(from) === '!') from += 1;
  if (pattern.charAt(from) === ']') from += 1;
  return pattern.indexOf(']', from);
}

function toSet(content: string): string {
  const escaped = content.replace(/\\/g, '\\\\').replace(/([&~|])/g, '\\$1');
  if (escaped.startsWith('!')) return `[^${escaped.slice(1).replace(/^\]/, '\\]')}]`;
  if (escaped.startsWith('^') || escaped.startsWith('[')) return `[\\${escaped}]`;
  return `[${escaped.replace(/^\]/, '\\]')}]`;
}
