/** Runner types whose actions are workflows: they have children, and can be paused. */
export const WORKFLOW_RUNNERS: readonly string[] = ['action-chain', 'mistral-v2', 'orquesta'];

export function isWorkflowRunner(runnerType: string): boolean {
  return WORKFLOW_RUNNERS.includes(runnerType);
}
