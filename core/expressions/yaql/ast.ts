/**
 * The tree of an expression. Nodes are instances of classes, so that data can never pass for one, and carry their
 * position (in UTF-16 units from 0).
 */

/** A function call, an operator, an index, a list or a dict: in YAQL all of them are calls by name. */
export class CallNode {
  readonly kind = 'call';
  readonly name: string;
  readonly args: readonly ArgumentNode[];
  readonly position: number;
  /** True for `name(...)`, which can stand on the right of a dot. */
  readonly usesReceiver: boolean;
  /** Work of the resolver that holds for every evaluation of this node. */
  resolution: unknown;

  constructor(name: string, args: readonly ArgumentNode[], position: number, usesReceiver = false) {
    this.name = name;
    this.args = args;
    this.position = position;
    this.usesReceiver = usesReceiver;
    this.resolution = undefined;
  }
}

/** A literal; `isKeyword` marks a bare word. */
export class ConstantNode {
  readonly kind = 'constant';
  readonly value: unknown;
  readonly isKeyword: boolean;
  readonly position: number;

  constructor(value: unknown, position: number, isKeyword = false) {
    this.value = value;
    this.position = position;
    this.isKeyword = isKeyword;
  }
}

/** `$name`; `$` itself has the name `1`. */
export class VariableNode {
  readonly kind = 'variable';
  readonly name: string;
  readonly position: number;

  constructor(name: string, position: number) {
    this.name = name === '' ? '1' : name;
    this.position = position;
  }
}

/** An expression in parentheses, which hides that it is a call or a bare word. */
export class GroupNode {
  readonly kind = 'group';
  readonly inner: ExpressionNode;
  readonly position: number;

  constructor(inner: ExpressionNode, position: number) {
    this.inner = inner;
    this.position = position;
  }
}

/** `left . right` and `left ?. right`. */
export class DotNode {
  readonly kind = 'dot';
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
  readonly nullSafe: boolean;
  readonly position: number;

  constructor(left: ExpressionNode, right: ExpressionNode, nullSafe: boolean, position: number) {
    this.left = left;
    this.right = right;
    this.nullSafe = nullSafe;
    this.position = position;
  }
}

/** `and`, `or`: the right side is evaluated when the left one does not decide. */
export class LogicNode {
  readonly kind = 'logic';
  readonly isAnd: boolean;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
  readonly position: number;

  constructor(isAnd: boolean, left: ExpressionNode, right: ExpressionNode, position: number) {
    this.isAnd = isAnd;
    this.left = left;
    this.right = right;
    this.position = position;
  }
}

/** `source => destination` in an argument list. */
export class RuleNode {
  readonly kind = 'rule';
  readonly source: ExpressionNode;
  readonly destination: ExpressionNode;
  readonly position: number;

  constructor(source: ExpressionNode, destination: ExpressionNode, position: number) {
    this.source = source;
    this.destination = destination;
    this.position = position;
  }
}

/** An argument left out between commas: its default is meant. */
export class OmittedNode {
  readonly kind = 'omitted';
  readonly position: number;

  constructor(position: number) {
    this.position = position;
  }
}

export type ExpressionNode = CallNode | ConstantNode | VariableNode | GroupNode | DotNode | LogicNode;
export type ArgumentNode = ExpressionNode | RuleNode | OmittedNode;
