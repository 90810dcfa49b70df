import type { Headers, WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { TRACE_HEADER } from '../../core/trace-header.ts';

/**
 * Passes the trace that a workflow was started with on to everything that it starts. A workflow without one is left alone, and the
 * library of traces stays out of the sandbox: no span is made here.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let own: Headers = {};
  const withOwn = <T extends { readonly headers: Headers }>(input: T): T => ({
    ...input,
    headers: { ...input.headers, ...own },
  });
  return {
    inbound: [
      {
        execute(input, next) {
          const header = input.headers[TRACE_HEADER];
          if (header !== undefined) own = { [TRACE_HEADER]: header };
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(withOwn(input)),
        scheduleLocalActivity: (input, next) => next(withOwn(input)),
        startChildWorkflowExecution: (input, next) => next(withOwn(input)),
        continueAsNew: (input, next) => next(withOwn(input)),
      },
    ],
  };
};
