/** Schemas of parameters, as packs write them: JSON Schema plus `required`, `immutable`, `secret`, `position`. */

/** The schema of one parameter (or of a part of one). */
export interface ParameterSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: boolean;
  readonly immutable?: boolean;
  readonly secret?: boolean;
  readonly position?: number;
  readonly enum?: readonly unknown[];
  readonly properties?: ParameterSchemas;
  readonly items?: ParameterSchema;
  readonly [keyword: string]: unknown;
}

export type ParameterSchemas = Readonly<Record<string, ParameterSchema>>;
export type ParameterValues = Readonly<Record<string, unknown>>;
