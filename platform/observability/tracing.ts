/**
 * Traces of executions through all processes, by OpenTelemetry. Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; while it is off
 * nothing of the library is loaded and each call below is one comparison.
 *
 * The context passes from process to process as a W3C `traceparent`: in HTTP headers, in messages on the bus, in Temporal's headers,
 * and in the execution's own record for what goes on after a message was lost.
 */
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/create-logger.ts';

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** `traceparent` of what it belongs to; the active span when absent. */
  readonly parent?: unknown;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since the epoch, for what began before it could be told. */
  readonly startTime?: number;
}

/** What a library of traces offers us. */
export interface TracingBackend {
  withSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T>;
  annotate(attributes: SpanAttributes): void;
  active(): { readonly traceparent: string; readonly traceId: string; readonly spanId: string } | undefined;
  stop(): Promise<void>;
}

let backend: TracingBackend | undefined;

/**
 * Starts tracing where the settings ask for it.
 *
 * @returns sends what is left and ends it
 */
export async function startTracing(service: string, config: Config, logger: Logger): Promise<() => Promise<void>> {
  if (config.tracing.endpoint === '') return async () => undefined;
  const { createOpenTelemetry } = await import('./open-telemetry.ts');
  const started = createOpenTelemetry(service, config.tracing.endpoint, logger);
  backend = started;
  return async () => {
    backend = undefined;
    await started.stop();
  };
}

/** Whether traces are taken. */
export function isTracing(): boolean {
  return backend !== undefined;
}

/** Does the work within a span of its own; an error of it is noted and passes on. */
export function withSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  return backend === undefined ? work() : backend.withSpan(name, options, work);
}

/** Adds facts to the span that is active. */
export function annotateSpan(attributes: SpanAttributes): void {
  backend?.annotate(attributes);
}

/** The active context for a message, a header or a record; nothing when there is none. */
export function traceFields(): { readonly traceparent?: string } {
  const active = backend?.active();
  return active === undefined ? {} : { traceparent: active.traceparent };
}

/** The active context for a log line. */
export function traceIds(): { readonly trace_id?: string; readonly span_id?: string } {
  const active = backend?.active();
  return active === undefined ? {} : { trace_id: active.traceId, span_id: active.spanId };
}
