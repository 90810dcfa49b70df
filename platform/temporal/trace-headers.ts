import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { TRACE_HEADER } from '../../core/trace-header.ts';
import { traceFields } from '../observability/tracing.ts';

/** Hands the active trace to the workflows that a client starts. */
export function traceWorkflowStarts(): WorkflowClientInterceptor {
  return {
    startWithDetails: (input, next) => next({ ...input, headers: { ...input.headers, ...traceHeaders() } }),
  };
}

function traceHeaders(): Headers {
  const { traceparent } = traceFields();
  return traceparent === undefined ? {} : { [TRACE_HEADER]: defaultPayloadConverter.toPayload(traceparent) };
}

/** The `traceparent` that came with a call of Temporal. */
export function traceparentOf(headers: Headers): unknown {
  const payload = headers[TRACE_HEADER];
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}
