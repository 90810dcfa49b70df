import { Composer, type Document, Lexer, type LineCounter, Parser } from 'yaml';

/**
 * Deeper than this nothing is composed. The composer calls itself for every level, and running out of stack inside of it can
 * end the whole process, so the depth is measured before, by the parser, which does not.
 */
export const MAX_NESTING = 250;

export type Composed =
  | { readonly document: Document.Parsed; readonly hasMore: boolean }
  | { readonly tooDeepAt: number };

/** The first document of a text as nodes with places, or the offset at which its nesting gets too deep. */
export function composeDocument(text: string, lines: LineCounter): Composed {
  const parser = new Parser(lines.addNewLine);
  const tokens = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_NESTING) return { tooDeepAt: parser.offset };
  }
  tokens.push(...parser.end());
  const composer = new Composer({
    schema: 'failsafe',
    version: '1.1',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  const [document, another] = composer.compose(tokens, true, text.length);
  if (document === undefined) throw new Error('The composer gave no document.');
  return { document: document as Document.Parsed, hasMore: another !== undefined };
}
