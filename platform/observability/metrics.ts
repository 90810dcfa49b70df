/**
 * The metrics of a process, in Prometheus' text form. One table: a name, its labels and what it measures.
 * An observation is an addition in memory; what has to be asked for (queue depths, counts) is asked at the scrape.
 */
import { createRequire } from 'node:module';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { withDeadline } from '../with-deadline.ts';

/** The parts of the library that are needed: its whole costs each of our many processes eight megabytes. */
const require = createRequire(import.meta.url);
const RegistryClass = require('prom-client/lib/registry.js') as typeof Registry;
const CounterClass = require('prom-client/lib/counter.js') as typeof Counter;
const GaugeClass = require('prom-client/lib/gauge.js') as typeof Gauge;
const HistogramClass = require('prom-client/lib/histogram.js') as typeof Histogram;

const registry = new RegistryClass();
const registers = [registry];

/** Seconds, from a fast request to a long action. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
  new HistogramClass({ name: `tramontane_${name}`, help, labelNames, buckets: SECONDS, registers });
const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
  new CounterClass({ name: `tramontane_${name}`, help, labelNames, registers });

/** What is observed where it happens. */
export const metrics = {
  httpRequests: histogram('http_request_duration_seconds', 'HTTP requests answered, by route and status.', [
    'method',
    'route',
    'status',
  ]),
  busMessages: histogram('bus_message_duration_seconds', 'Messages handled, by queue and outcome.', [
    'queue',
    'outcome',
  ]),
  busDropped: counter('bus_messages_dropped_total', 'Messages not published: there was no broker.', ['exchange']),
  scheduleToStart: histogram(
    'execution_schedule_to_start_seconds',
    'From the request of an execution to its start, by runner.',
    ['runner'],
  ),
  executions: histogram('execution_duration_seconds', 'From the request of an execution to its end.', [
    'runner',
    'status',
  ]),
  logins: counter('logins_total', 'Logins, by outcome.', ['outcome']),
} as const;

/** A value that is asked for at each scrape. */
export interface ScrapedGauge<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  /** The values; a rejected promise leaves the metric out of this scrape. */
  read(): Promise<readonly { readonly labels: Readonly<Record<L, string>>; readonly value: number }[]>;
}

/** Adds a gauge. One of the same name takes the place of the one before. */
export function addGauge<L extends string>({ name, help, labelNames, read }: ScrapedGauge<L>): void {
  registry.removeSingleMetric(`tramontane_${name}`);
  new GaugeClass({
    name: `tramontane_${name}`,
    help,
    labelNames,
    registers,
    async collect() {
      this.reset();
      const values = await withinScrape(read()).catch(() => []);
      for (const { labels, value } of values) this.set(labels, value);
    },
  });
}

/** A part that hangs must not take the other metrics with it. */
const SCRAPE_PART_MS = 3_000;

const withinScrape = <T>(work: Promise<T>) => withDeadline(work, SCRAPE_PART_MS, 'too late for this scrape');

const sources: (() => Promise<string>)[] = [];

/** Adds lines in Prometheus' form that another library keeps (the Temporal SDK does). */
export function addMetricsSource(read: () => Promise<string>): void {
  sources.push(read);
}

let hasProcessMetrics = false;

/** All metrics as text. The first scrape starts those of the process itself; a process that nobody scrapes does not pay for them. */
export async function renderMetrics(service: string): Promise<string> {
  if (!hasProcessMetrics) {
    hasProcessMetrics = true;
    registry.setDefaultLabels({ service });
    const collectDefaults = require('prom-client/lib/defaultMetrics.js') as (options: object) => void;
    collectDefaults({ register: registry, eventLoopMonitoringPrecision: 100 });
  }
  const own = await registry.metrics();
  const others = await Promise.all(sources.map((read) => withinScrape(read()).catch(() => '')));
  return [own, ...others].join('\n');
}

/** The content type of {@link renderMetrics}. */
export const METRICS_TYPE = registry.contentType;
