/** Public face of the translator. The workflow sandbox imports `ir.ts` only. */

export type { Problem, ProblemCode } from './check/problems.ts';
export { type CheckedDefinition, type CheckOptions, checkDefinition, parseDefinition } from './check-definition.ts';
export { type InspectionError, type InspectOptions, inspectDefinition } from './inspect-definition.ts';
export type * from './ir.ts';
export { dumpYaml } from './transform/dump-yaml.ts';
export type { ActionForTransform } from './transform/rewrite.ts';
export {
  type ActionLookup,
  entryWorkflow,
  type TransformedDefinition,
  type TransformOptions,
  transformDefinition,
} from './transform/transform-definition.ts';
