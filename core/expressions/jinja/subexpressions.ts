/** Walks expressions: what stands inside of one, and how deep that goes. */
import type { CallArguments, Expr } from './ast.ts';

/** The expressions directly inside of one, in their order. */
export function subexpressions(node: Expr): readonly Expr[] {
  switch (node.kind) {
    case 'const':
    case 'name':
    case 'nsref':
      return [];
    case 'tuple':
    case 'list':
      return node.items;
    case 'dict':
      return node.pairs.flatMap(({ key, value }) => [key, value]);
    case 'unary':
      return [node.operand];
    case 'binary':
    case 'and':
    case 'or':
      return [node.left, node.right];
    case 'concat':
      return node.parts;
    case 'compare':
      return [node.first, ...node.operands.map((operand) => operand.value)];
    case 'conditional':
      return present([node.test, node.body, node.otherwise]);
    case 'attribute':
      return [node.target];
    case 'call':
    case 'filter':
    case 'test':
      return [node.target, ...callValues(node.call)];
    case 'item':
      return [node.target, node.key];
    case 'slice':
      return present([node.start, node.stop, node.step]);
  }
}

function present(nodes: readonly (Expr | undefined)[]): readonly Expr[] {
  return nodes.filter((node) => node !== undefined);
}

/** All values of a call's arguments. */
export function callValues({ args, kwargs, dynArgs, dynKwargs }: CallArguments): readonly Expr[] {
  return [...args, ...kwargs.map(({ value }) => value), ...present([dynArgs, dynKwargs])];
}

/** True when expressions are inside of expressions on more than `limit` levels. Needs no stack of its own. */
export function isDeeperThan(limit: number, root: Expr): boolean {
  let level: readonly Expr[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap(subexpressions);
  }
  return false;
}
