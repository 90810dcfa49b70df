/**
 * YAML asks for the further lines of quoted texts and of `[…]` and `{…}` to be indented deeper than their parent. PyYAML does
 * not mind, and authors write
 *
 *     cmd: "{{ _.first
 *       }}"
 *
 * with the last line anywhere. Such lines are indented here, so that the strict grammar reads what PyYAML reads.
 */
import { Lexer } from 'yaml';

export interface IndentedText {
  readonly text: string;
  /** Blanks put in front of a line, by the line's number. */
  readonly added: ReadonlyMap<number, number>;
}

const MAX_LENGTH = 300_000;
const MAX_REPAIRS = 200;
/** Characters read again and again, in all. */
const MAX_WORK = 2_000_000;
/** What the lexer yields when a flow collection is cut off by a line that is not indented. */
const FLOW_CUT = '\x18';
/** Announces a plain or a block scalar. */
const PLAIN = '\x1f';
/** Tokens of one character that stand for no text of the document. */
const MARKERS = new Set(['\u{FEFF}', '\x02', FLOW_CUT, PLAIN]);

/** The text with such lines indented; undefined when there are none. */
export function indentLooseLines(source: string): IndentedText | undefined {
  if (source.length > MAX_LENGTH) return undefined;
  const blanks = ' '.repeat(deepestIndent(source) + 2);
  const added = new Map<number, number>();
  let text = source;
  const limit = Math.min(MAX_REPAIRS, MAX_WORK / Math.max(1, source.length));
  for (let repairs = 0; repairs < limit; repairs += 1) {
    const at = firstLooseLine(text);
    if (at === undefined) break;
    const line = text.slice(0, at).split('\n').length;
    if (added.has(line)) break;
    added.set(line, blanks.length);
    text = text.slice(0, at) + blanks + text.slice(at);
  }
  return added.size > 0 ? { text, added } : undefined;
}

function deepestIndent(text: string): number {
  let deepest = 0;
  for (const [blanks] of text.matchAll(/^ +/gm)) deepest = Math.max(deepest, blanks.length);
  return Math.min(deepest, 500);
}

/** Offset of the start of the first line that cuts off a quoted text or a flow collection. */
function firstLooseLine(text: string): number | undefined {
  let offset = 0;
  let isPlain = false;
  for (const token of new Lexer().lex(text)) {
    if (token === FLOW_CUT) return lineStart(text, offset);
    if (MARKERS.has(token)) {
      isPlain = token === PLAIN;
      continue;
    }
    offset += token.length;
    if (!isPlain && isUnclosed(token)) return offset >= text.length ? undefined : lineStart(text, offset);
    isPlain = false;
  }
  return undefined;
}

function isUnclosed(token: string): boolean {
  if (token.startsWith("'")) return !/^'(?:[^']|'')*'$/.test(token);
  return token.startsWith('"') && !/^"(?:[^"\\]|\\[\s\S])*"$/.test(token);
}

function lineStart(text: string, offset: number): number | undefined {
  if (offset === 0 || text[offset - 1] === '\n') return offset;
  const newLine = text.indexOf('\n', offset);
  return newLine < 0 || newLine + 1 >= text.length ? undefined : newLine + 1;
}
