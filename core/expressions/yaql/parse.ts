import { forgetOldest } from '../../forget-oldest.ts';
import type { ExpressionNode } from './ast.ts';
import { parseExpression } from './parser.ts';

/** An expression ready to be evaluated any number of times. */
export class YaqlExpression {
  readonly source: string;
  readonly root: ExpressionNode;

  constructor(source: string, root: ExpressionNode) {
    this.source = source;
    this.root = root;
  }
}

const CACHE_SIZE = 2000;
const MAX_CACHED_LENGTH = 4000;
/** Insertion order is order of use: what was used last is at the end. */
const cache = new Map<string, YaqlExpression>();

/**
 * Parses an expression, or finds it among those parsed before. With `delegates`, values can be called.
 * @throws YaqlSyntaxError with kind and position
 */
export function parseYaql(source: string, delegates = false): YaqlExpression {
  const key = delegates ? `d${source}` : `-${source}`;
  const known = cache.get(key);
  if (known !== undefined) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const expression = new YaqlExpression(source, parseExpression(source, delegates));
  if (source.length > MAX_CACHED_LENGTH) return expression;
  cache.set(key, expression);
  forgetOldest(cache, CACHE_SIZE);
  return expression;
}
