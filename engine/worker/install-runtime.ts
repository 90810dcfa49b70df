import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { addMetricsSource } from '../../platform/observability/metrics.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Sets up what all workers of the process share. What Temporal's SDK logs goes to the service's log: a failed action is no failure of the
 * service, it is told as `debug`. What it measures (latency of workflow tasks, slots, pollers, cache) joins the service's metrics.
 */
export async function installRuntime(logger: Logger): Promise<void> {
  const log = logger.child({ component: 'temporal' });
  const write = ({ level, message, meta }: LogEntry) => {
    const { error, ...facts } = meta ?? {};
    const isRoutine = message === 'Activity failed' || message === 'Workflow failed';
    log[isRoutine ? 'debug' : LEVELS[level]]({ ...facts, ...(error === undefined ? {} : { err: error }) }, message);
  };
  const install = (metrics: { prometheus: { bindAddress: string; useSecondsForDurations: true } } | undefined) =>
    Runtime.install({
      logger: new DefaultLogger('WARN', write),
      // A worker ends by our own signal handling.
      shutdownSignals: [],
      telemetryOptions: { logging: { forward: {}, filter: 'WARN' }, ...(metrics === undefined ? {} : { metrics }) },
    });
  // The SDK serves its metrics itself, so it needs a port; nobody but us knows it.
  const bindAddress = `127.0.0.1:${await findFreePort()}`;
  try {
    install({ prometheus: { bindAddress, useSecondsForDurations: true } });
    addMetricsSource(async () => await (await fetch(`http://${bindAddress}/metrics`)).text());
  } catch (error) {
    log.warn({ reason: errorMessage(error) }, "Temporal's own metrics are not available");
    install(undefined);
  }
}

function findFreePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
