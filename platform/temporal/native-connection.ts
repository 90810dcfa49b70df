/**
 * Connections through the core of Temporal's SDK, as workers have them: a call costs about half of what it costs through grpc-js.
 * To be imported by those that make one only, as it loads the core.
 */
import { createRequire } from 'node:module';
import type * as WorkerLibrary from '@temporalio/worker';
import type { Logger } from '../logging/create-logger.ts';

/** The parts of the library that are needed: its whole, with a bundler, costs a process nine megabytes more. */
const require = createRequire(import.meta.url);
const { Runtime } = require('@temporalio/worker/lib/runtime.js') as Pick<typeof WorkerLibrary, 'Runtime'>;
const { DefaultLogger } = require('@temporalio/worker/lib/logger.js') as Pick<typeof WorkerLibrary, 'DefaultLogger'>;
const { NativeConnection } = require('@temporalio/worker/lib/connection.js') as Pick<
  typeof WorkerLibrary,
  'NativeConnection'
>;

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Threads of the core's own. It takes one for each processor if nothing is said, and they wake each other for every message. What
 * they do is small beside what the JavaScript of a process does for the same message. Who starts the process may say otherwise.
 */
const CORE_THREADS = '1';

let isInstalled = false;

/**
 * Sets up what all connections and workers of the process share; the first call counts. What the SDK logs goes to the service's log:
 * a failed action is no failure of the service, it is told as `debug`.
 *
 * @param metricsAddress where the SDK serves what it measures
 */
export function installRuntime(logger: Logger, metricsAddress?: string): void {
  if (isInstalled) return;
  const log = logger.child({ component: 'temporal' });
  const write = ({ level, message, meta }: WorkerLibrary.LogEntry) => {
    const { error, ...facts } = meta ?? {};
    const isRoutine = message === 'Activity failed' || message === 'Workflow failed';
    log[isRoutine ? 'debug' : LEVELS[level]]({ ...facts, ...(error === undefined ? {} : { err: error }) }, message);
  };
  const metrics = metricsAddress && { prometheus: { bindAddress: metricsAddress, useSecondsForDurations: true } };
  withCoreThreads(() =>
    Runtime.install({
      logger: new DefaultLogger('WARN', write),
      // Processes end by our own signal handling.
      shutdownSignals: [],
      telemetryOptions: { logging: { forward: {}, filter: 'WARN' }, ...(metrics ? { metrics } : {}) },
    }),
  );
  isInstalled = true;
}

/** The core reads the number from the environment when it is set up; programs that the process starts later are not to inherit it. */
function withCoreThreads(setUp: () => void): void {
  if (process.env.TOKIO_WORKER_THREADS !== undefined) return setUp();
  process.env.TOKIO_WORKER_THREADS = CORE_THREADS;
  try {
    setUp();
  } finally {
    delete process.env.TOKIO_WORKER_THREADS;
  }
}

/** @throws TransportError when the server does not answer */
export async function connectNatively(
  options: WorkerLibrary.NativeConnectionOptions,
): Promise<WorkerLibrary.NativeConnection> {
  // What is large was made small before; to do it once more costs server and worker more than it spares the network.
  return await NativeConnection.connect({ ...options, grpcCompression: { codec: 'none' } });
}
