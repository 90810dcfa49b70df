/** Public face of the translator. The workflow sandbox imports `ir.ts` only. */

export type { Problem, ProblemCode } from './check/problems.ts';
export { type CheckedDefinition, type CheckOptions, checkDefinition, parseDefinition } from './check-definition.ts';
export type * from './ir.ts';
