/**
 * How a service process lives: build, start, say that it is ready, serve, drain on SIGTERM or SIGINT, end.
 *
 * 1. Parts start in the order given and stop in reverse order.
 * 2. A second signal, or a drain that takes longer than {@link DRAIN_LIMIT_MS}, ends the process at once.
 * 3. A process whose supervisor went away (IPC channel closed) drains as on SIGTERM: nothing is left behind.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../core/errors.ts';
import { type Config, loadConfig } from './config/load-config.ts';
import { checkExtraAuthorities } from './config/tls.ts';
import { createLogger, type Logger } from './logging/create-logger.ts';
import { registerHealthCheck } from './observability/health.ts';
import { startOperationsListener } from './observability/operations-listener.ts';
import { startTracing } from './observability/tracing.ts';
import { optimizeSoon } from './optimize-soon.ts';
import { withDeadline } from './with-deadline.ts';

/** A long-lived part. `stop` finishes what is under way and may be called once `start` has returned. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What every service is built from. */
export interface ServiceContext {
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
}

const DRAIN_LIMIT_MS = 9_000;
/** What is left of traces is worth a moment, not a late end. */
const FLUSH_LIMIT_MS = 900;

/** Several parts as one: started in order, stopped in reverse; a part that fails to start stops those before it. */
export function composeServices(parts: readonly Service[]): Service {
  const started: Service[] = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  return {
    async start() {
      try {
        for (const part of parts) {
          await part.start();
          started.push(part);
        }
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
}

/** A service under its name, not built yet: a process of its own runs it, or a host runs it beside others. */
export interface ServiceDefinition {
  readonly name: string;
  readonly build: (context: ServiceContext) => Promise<Service> | Service;
}

export function defineService(name: string, build: ServiceDefinition['build']): ServiceDefinition {
  return { name, build };
}

/** Runs the service when the module that calls is the program of this process, and not imported by a host. */
export async function runWhenProgram(
  moduleUrl: string,
  definition: ServiceDefinition,
  { carriesActions = false }: { /** Each action goes through it. */ readonly carriesActions?: boolean } = {},
): Promise<void> {
  const [, program] = process.argv;
  if (program === undefined || realpathSync(program) !== fileURLToPath(moduleUrl)) return;
  if (carriesActions) optimizeSoon();
  await runService(definition);
}

/**
 * Life of a service process: loads the settings, builds the service, runs it until a signal, sets the exit code.
 * An operator's mistake (a bad setting, an unreachable database) is one line on standard error and exit code 1.
 */
async function runService({ name, build }: ServiceDefinition): Promise<void> {
  let logger: Logger | undefined;
  try {
    const config = loadConfig(process.env);
    logger = createLogger(name, config.system.log_level);
    checkExtraAuthorities(config.system.extra_authorities);
    const stopTracing = await startTracing(name, config, logger);
    let isServing = false;
    registerHealthCheck('service', async () => isServing);
    const service = await build({ name, config, logger });
    const operations = await startOperationsListener(name, config, logger);
    await service.start();
    isServing = true;
    logger.info({ operations_port: operations.port }, 'service ready');
    process.send?.({ ready: true, name });
    await untilAskedToStop();
    logger.info('service draining');
    isServing = false;
    await withDeadline(service.stop(), DRAIN_LIMIT_MS, notDrained(DRAIN_LIMIT_MS));
    operations.close();
    await withDeadline(stopTracing(), FLUSH_LIMIT_MS, notDrained(FLUSH_LIMIT_MS));
    logger.info('service stopped');
    process.exit(0);
  } catch (error) {
    logger?.error({ err: error }, 'service failed');
    process.stderr.write(`${name}: ${errorMessage(error)}\n`);
    process.exit(1);
  }
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = () => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', ask);
    process.on('SIGINT', ask);
    if (process.send !== undefined) process.on('disconnect', () => asked || ask());
  });
}

const notDrained = (milliseconds: number) => `The service did not drain within ${milliseconds} ms.`;
