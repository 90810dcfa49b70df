/** Which functions and variables a YAQL expression uses, as far as that is certain without evaluating it. */
import type { ArgumentNode, CallNode, DotNode, ExpressionNode } from '../../core/expressions/yaql/ast.ts';
import { parseYaql } from '../../core/expressions/yaql/index.ts';
import type { UsedName } from './names.ts';

/** Functions whose arguments are evaluated in the same context: `$` means there what it means outside. */
const PLAIN_FUNCTIONS = new Set(['len', 'str', 'int', 'float', 'dict', 'list', 'set', 'not', 'isEmpty', 'coalesce']);
/** What defines names of its own makes every finding uncertain. */
const DEFINERS = new Set(['def', 'let', 'with', 'assert', 'lambda', 'call']);

/** Deeper expressions are not looked into. */
const MAX_DEPTH = 300;

/** Names used by the expression; nothing when it defines names itself. */
export function namesInYaql(source: string): readonly UsedName[] {
  const names: UsedName[] = [];
  const { root } = parseYaql(source);
  if (isTooDeep(root)) return [];
  const isCertain = visit(root, true, names);
  return isCertain ? names : [];
}

/** A chain such as `1 + 1 + …` is a deep tree, which the recursive visit must not enter. */
function isTooDeep(root: ExpressionNode): boolean {
  const open: { readonly node: ArgumentNode; readonly depth: number }[] = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const depth = next.depth + 1;
    if (depth > MAX_DEPTH) return true;
    for (const node of childrenOf(next.node)) open.push({ node, depth });
  }
  return false;
}

function childrenOf(node: ArgumentNode): readonly ArgumentNode[] {
  switch (node.kind) {
    case 'group':
      return [node.inner];
    case 'logic':
    case 'dot':
      return [node.left, node.right];
    case 'rule':
      return [node.source, node.destination];
    case 'call':
      return node.args;
    default:
      return [];
  }
}

function visit(node: ArgumentNode, isRoot: boolean, names: UsedName[]): boolean {
  switch (node.kind) {
    case 'constant':
    case 'variable':
    case 'omitted':
      return true;
    case 'group':
      return visit(node.inner, isRoot, names);
    case 'logic':
      return visit(node.left, isRoot, names) && visit(node.right, isRoot, names);
    case 'rule':
      return visit(node.source, isRoot, names) && visit(node.destination, isRoot, names);
    case 'dot':
      return visitDot(node, isRoot, names);
    case 'call':
      return visitCall(node, isRoot, false, names);
  }
}

function visitDot(node: DotNode, isRoot: boolean, names: UsedName[]): boolean {
  const { left, right } = node;
  if (isRoot && isContext(left) && right.kind === 'constant' && right.isKeyword && !node.nullSafe) {
    names.push({ kind: 'variable', name: String(right.value), position: right.position });
    return true;
  }
  if (!visit(left, isRoot, names)) return false;
  return right.kind === 'call' ? visitCall(right, isRoot, true, names) : visit(right, isRoot, names);
}

function isContext(node: ExpressionNode): boolean {
  return node.kind === 'variable' && node.name === '1';
}

function visitCall(node: CallNode, isRoot: boolean, isMethod: boolean, names: UsedName[]): boolean {
  const isNamed = /^[a-zA-Z_]\w*$/.test(node.name) && node.usesReceiver;
  if (isNamed && DEFINERS.has(node.name)) return false;
  if (isNamed) names.push({ kind: isMethod ? 'method' : 'function', name: node.name, position: node.position });
  const staysRoot = isRoot && !isMethod && (!isNamed || PLAIN_FUNCTIONS.has(node.name));
  return node.args.every((arg) => visit(arg, staysRoot, names));
}
