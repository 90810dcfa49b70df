import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';
import type { SpanAttributes, TracingBackend } from './tracing.ts';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * Traces by OpenTelemetry, sent over OTLP/HTTP in batches. The other variables of OpenTelemetry (headers, sampler, time limits)
 * are read by the library itself.
 *
 * @param endpoint base address of the collector, without `/v1/traces`
 */
export function createOpenTelemetry(service: string, endpoint: string, logger: Logger): TracingBackend {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'tramontane' }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const propagator = new W3CTraceContextPropagator();
  const tracer = provider.getTracer('tramontane');

  /** A parent that is no traceparent (a client may send anything) counts as none. */
  function contextOf(parent: unknown): Context {
    if (typeof parent !== 'string' || !TRACEPARENT.test(parent)) return context.active();
    const get = (carrier: { traceparent: string }, key: string) =>
      key === 'traceparent' ? carrier.traceparent : undefined;
    return propagator.extract(ROOT_CONTEXT, { traceparent: parent }, { get, keys: () => ['traceparent'] });
  }

  return {
    async withSpan(name, { kind = 'internal', parent, attributes, startTime }, work) {
      const within = contextOf(parent);
      const options = { kind: KINDS[kind], attributes: toAttributes(attributes), startTime };
      const span = tracer.startSpan(name, options, within);
      try {
        return await context.with(trace.setSpan(within, span), work);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(error) });
        throw error;
      } finally {
        span.end();
      }
    },
    annotate(attributes) {
      trace.getActiveSpan()?.setAttributes(toAttributes(attributes));
    },
    active: () => describe(trace.getActiveSpan()),
    async stop() {
      await provider
        .shutdown()
        .catch((error: unknown) => logger.warn({ reason: errorMessage(error) }, 'last spans could not be sent'));
    },
  };
}

function toAttributes(attributes: SpanAttributes = {}): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function describe(span: Span | undefined) {
  const found = span?.spanContext();
  if (found === undefined) return undefined;
  const { traceId, spanId, traceFlags } = found;
  const flags = traceFlags.toString(16).padStart(2, '0');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}
