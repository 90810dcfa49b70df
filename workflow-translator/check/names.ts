/** A name that an expression uses. */
export interface UsedName {
  readonly kind: 'function' | 'method' | 'variable';
  readonly name: string;
  /** Offset inside the expression, where known. */
  readonly position?: number;
}
