import type { RunContext, Runner } from '../contract.ts';
import { cancelChildren, forChildWorkflows, hasActiveChildren } from '../workflow-children.ts';
import { type Chain, loadChain } from './chain-definition.ts';
import { ChainRun } from './run-chain.ts';

function chainOf(context: RunContext): Promise<Chain> {
  if (context.entryPoint === undefined)
    throw new Error(`Action "${context.action.ref}" is missing entry_point attribute`);
  return loadChain(context.entryPoint);
}

export const actionChainRunner: Runner = {
  name: 'action-chain',
  isWorkflow: true,
  initialResult: { tasks: [] },
  run: async (context) => new ChainRun(context, await chainOf(context)).start(),
  continueRun: async (context) => new ChainRun(context, await chainOf(context)).continue(),

  /** Workflows under the chain are told; the chain itself looks at its own status after each task. */
  async pause(context) {
    const { actions } = context.services;
    await forChildWorkflows(context, ['running'], (id) => actions.pause(id, context.user));
    return { status: 'pausing' };
  },

  async cancel(context) {
    await cancelChildren(context);
    // A chain that runs ends its cancel itself; a paused one is run by nobody.
    const ended = context.execution.lease === undefined && !(await hasActiveChildren(context));
    return { status: ended ? 'canceled' : 'canceling' };
  },
};
