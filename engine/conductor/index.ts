/** The conductor of Mistral workflows: see `contract.ts` for how a host speaks to it. */

export { type ConductorParts, createConductor, restoreConductor } from './conductor.ts';
export type * from './contract.ts';
export { splitSubWorkflowInput, startProblem } from './workflow-start.ts';
