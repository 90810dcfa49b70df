/** The parts of nunjucks that we use: the parser of template structure and its node classes. */
declare module 'nunjucks/browser/nunjucks.js' {
  interface NunjucksToken {
    readonly type: string;
    readonly value: string;
    readonly lineno: number;
    readonly colno: number;
  }
  interface NunjucksNode {
    readonly typename: string;
    readonly lineno: number;
    readonly colno: number;
  }
  interface TokenSource {
    nextToken(): NunjucksToken | null;
  }
  class Parser {
    constructor(tokens: TokenSource);
    peeked: NunjucksToken | null;
    nextToken(withWhitespace?: boolean): NunjucksToken | null;
    peekToken(): NunjucksToken | null;
    breakOnBlocks: readonly string[] | null;
    fail(message: string, lineno?: number, colno?: number): never;
    advanceAfterBlockEnd(name?: string): NunjucksToken;
    parseExpression(): unknown;
    parseStatement(): unknown;
    parseIf(): unknown;
    parseUntilBlocks(...names: string[]): NunjucksNode;
    parseAsRoot(): NunjucksNode;
  }
  const nunjucks: { readonly parser: { readonly Parser: typeof Parser } };
  export default nunjucks;
}
