/**
 * Calls written on one line: `std.echo output="hi" delay=2`. Mistral finds the parameters by a regular expression and drops
 * silently whatever does not fit it; what it drops and what it keeps is reproduced here, by a scanner that is linear.
 */
import { jsonLoads } from '../../core/python/json.ts';
import { WORD, YAQL } from '../schema/patterns.ts';

export interface InlineCall {
  readonly name: string;
  readonly params: ReadonlyMap<string, unknown>;
}

const NAME = new RegExp(`^(?:(?:${WORD}|\\.)+[^=(\\s"]*|${YAQL}|\\{\\{[^\\n]*\\}\\}|\\{%[^\\n]*%\\})`, 'u');

/** Which values a parameter may have, besides quoted text, brackets, `true`, `false`, `null` and digits. */
export interface InlineGrammar {
  readonly name: RegExp;
  /** Whether `-` may be part of a parameter's name. */
  readonly dashes: boolean;
  readonly jinja: boolean;
  /** Whether a text without a blank is a name as a whole. */
  readonly bareName: boolean;
}

/** The grammar of Mistral. */
export const mistralGrammar: InlineGrammar = { name: NAME, dashes: true, jinja: true, bareName: true };

/** The grammar of StackStorm's own reading of tasks: no `-` in names, no Jinja as a value. */
export const stackstormGrammar: InlineGrammar = {
  name: new RegExp(`^(?:${WORD}|\\.)+[^=\\s"]*`, 'u'),
  dashes: false,
  jinja: false,
  bareName: false,
};

/** Takes an inline call apart; undefined when it does not begin with a name or an expression. */
export function parseInlineCall(text: string, grammar: InlineGrammar = mistralGrammar): InlineCall | undefined {
  if (grammar.bareName && !text.includes(' ')) return { name: text, params: new Map() };
  const name = grammar.name.exec(text)?.[0];
  return name === undefined ? undefined : { name, params: findParams(text, grammar) };
}

const WORD_CHAR = new RegExp(WORD, 'u');

function findParams(text: string, grammar: InlineGrammar): Map<string, unknown> {
  const params = new Map<string, unknown>();
  const readValue = createValueReader(text, grammar);
  let from = 0;
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', from)) {
    const name = wordBefore(text, equals, from, grammar.dashes);
    const end = name === '' ? undefined : readValue(equals + 1);
    if (end === undefined) {
      from = equals + 1;
      continue;
    }
    params.set(name, parameterValue(text.slice(equals + 1, end).trim()));
    from = end;
  }
  return params;
}

function wordBefore(text: string, end: number, from: number, dashes: boolean): string {
  let start = end;
  while (start > from) {
    const width = start - 2 >= from && /[\uDC00-\uDFFF]/.test(text[start - 1] ?? '') ? 2 : 1;
    const char = text.slice(start - width, start);
    if (!WORD_CHAR.test(char) && !(dashes && char === '-')) break;
    start -= width;
  }
  return text.slice(start, end);
}

const QUOTED = /"[^"]*"\s*|'[^']*'\s*/y;
const LITERAL = /true|false|null|\p{Nd}+/uy;

/** Reads a value that begins at an offset and gives its end. Remembers what is never closed, so that scanning stays linear. */
function createValueReader(text: string, grammar: InlineGrammar): (at: number) => number | undefined {
  const unclosed = new Map<string, number>();

  const enclosed = (open: string, close: string, at: number, greedy: boolean): number | undefined => {
    if (!text.startsWith(open, at) || at < (unclosed.get(close) ?? 0)) return undefined;
    const lineEnd = text.indexOf('\n', at);
    const limit = lineEnd < 0 ? text.length : lineEnd;
    const from = at + open.length;
    const found = greedy ? text.lastIndexOf(close, limit - close.length) : text.indexOf(close, from);
    if (found >= from && found + close.length <= limit) return found + close.length;
    unclosed.set(close, limit);
    return undefined;
  };

  const quoted = (at: number): number | undefined => {
    const quote = text[at];
    if ((quote !== '"' && quote !== "'") || at < (unclosed.get(quote) ?? 0)) return undefined;
    const end = matchAt(QUOTED, text, at);
    if (end === undefined) unclosed.set(quote, text.length);
    return end;
  };

  return (at) => {
    const expression =
      quoted(at) ?? (grammar.jinja ? enclosed('{{', '}}', at, false) : undefined) ?? enclosed('<%', '%>', at, false);
    if (expression !== undefined) return expression;
    const list = enclosed('[', ']', at, true);
    return list === undefined ? matchAt(LITERAL, text, at) : (matchAt(/\s*/y, text, list) ?? list);
  };
}

function matchAt(regex: RegExp, text: string, at: number): number | undefined {
  regex.lastIndex = at;
  return regex.test(text) ? regex.lastIndex : undefined;
}

function parameterValue(text: string): unknown {
  if (text.startsWith('"') || text.startsWith("'")) return text.slice(1, -1);
  try {
    return jsonLoads(text);
  } catch {
    // Expressions, `007` and lists that are no JSON stay text, as in Mistral.
    return text;
  }
}
