/** The syntax tree of Jinja: expressions (our own grammar) and statements (template structure). */

/** Positional and keyword arguments of a call, a filter or a test. */
export interface CallArguments {
  readonly args: readonly Expr[];
  readonly kwargs: readonly { readonly name: string; readonly value: Expr }[];
  readonly dynArgs?: Expr;
  readonly dynKwargs?: Expr;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'notin';

export type Expr =
  | { readonly kind: 'const'; readonly value: unknown }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'nsref'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'tuple' | 'list'; readonly items: readonly Expr[] }
  | { readonly kind: 'dict'; readonly pairs: readonly { readonly key: Expr; readonly value: Expr }[] }
  | { readonly kind: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Expr }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'concat'; readonly parts: readonly Expr[] }
  | {
      readonly kind: 'compare';
      readonly first: Expr;
      readonly operands: readonly { readonly operator: CompareOperator; readonly value: Expr }[];
    }
  | { readonly kind: 'conditional'; readonly test: Expr; readonly body: Expr; readonly otherwise?: Expr }
  | { readonly kind: 'attribute'; readonly target: Expr; readonly name: string }
  | { readonly kind: 'item'; readonly target: Expr; readonly key: Expr }
  | { readonly kind: 'slice'; readonly start?: Expr; readonly stop?: Expr; readonly step?: Expr }
  | { readonly kind: 'call'; readonly target: Expr; readonly call: CallArguments }
  | { readonly kind: 'filter'; readonly target: Expr; readonly name: string; readonly call: CallArguments }
  | { readonly kind: 'test'; readonly target: Expr; readonly name: string; readonly call: CallArguments };

/** A parameter of a macro, a call block or `with`. */
export interface MacroParameter {
  readonly name: string;
  readonly fallback?: Expr;
}

export interface FilterCall {
  readonly name: string;
  readonly call: CallArguments;
}

export type Statement =
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'output'; readonly value: Expr }
  | {
      readonly kind: 'if';
      readonly test: Expr;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: 'for';
      readonly target: Expr;
      readonly iterable: Expr;
      readonly test?: Expr;
      readonly recursive: boolean;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: 'set'; readonly target: Expr; readonly value: Expr }
  | {
      readonly kind: 'set-block';
      readonly target: Expr;
      readonly filters: readonly FilterCall[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'macro';
      readonly name: string;
      readonly parameters: readonly MacroParameter[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'call-block';
      readonly call: Expr;
      readonly parameters: readonly MacroParameter[];
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'filter-block'; readonly filters: readonly FilterCall[]; readonly body: readonly Statement[] }
  | {
      readonly kind: 'with';
      readonly bindings: readonly { readonly target: Expr; readonly value: Expr }[];
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'block'; readonly name: string; readonly body: readonly Statement[] }
  /** `include`, `import`, `from`, `extends`: parsed, and refused when reached, for there are no other templates. */
  | { readonly kind: 'other-template'; readonly tag: string };
