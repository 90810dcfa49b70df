import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import type { Logger } from '../../platform/logging/create-logger.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** Sends what Temporal's SDK logs to the service's log. A failed action is no failure of the service: it is told as `debug`. */
export function installRuntimeLogger(logger: Logger): void {
  const log = logger.child({ component: 'temporal' });
  const write = ({ level, message, meta }: LogEntry) => {
    const { error, ...facts } = meta ?? {};
    const isRoutine = message === 'Activity failed' || message === 'Workflow failed';
    log[isRoutine ? 'debug' : LEVELS[level]]({ ...facts, ...(error === undefined ? {} : { err: error }) }, message);
  };
  Runtime.install({
    logger: new DefaultLogger('WARN', write),
    // A worker ends by our own signal handling.
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: 'WARN' } },
  });
}
