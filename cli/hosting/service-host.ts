/**
 * A process for several services: those that wait most of the time share one runtime, for a tenth of the memory. Each of them is started and
 * stopped by itself. They share no data beside the process: every service has its own connections and its own log.
 */
import { closeSync, openSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { errorMessage, NotFoundError } from '../../core/errors.ts';
import type { Config } from '../../platform/config/load-config.ts';
import { defineService, runWhenProgram, type Service, type ServiceDefinition } from '../../platform/lifecycle.ts';
import { createLogger, type Logger } from '../../platform/logging/create-logger.ts';
import { findProgram } from '../project-paths.ts';
import { services } from '../services.ts';
import { HOST_NAME, type HostReply, type HostRequest } from './contract.ts';

/** A service that runs here. */
export interface Hosted {
  stop(): Promise<void>;
}

async function startHosted(name: string, log: string, config: Config): Promise<Hosted> {
  const { build } = await definitionOf(name);
  const file = openSync(log, 'a', 0o600);
  let logger: Logger | undefined;
  try {
    logger = createLogger(name, config.system.log_level, file);
    const service = await build({ name, config, logger });
    await service.start();
    logger.info('service ready');
    return {
      async stop() {
        logger?.info('service draining');
        await service.stop();
        logger?.info('service stopped');
        closeSync(file);
      },
    };
  } catch (error) {
    logger?.error({ err: error }, 'service failed');
    closeSync(file);
    throw error;
  }
}

async function definitionOf(name: string): Promise<ServiceDefinition> {
  const program = findProgram(services.find((service) => service.name === name)?.entry ?? '');
  if (program === undefined) throw new NotFoundError(`This build has no service ${name}.`);
  const module = (await import(pathToFileURL(program.file).href)) as { readonly service: ServiceDefinition };
  return module.service;
}

/** @param startGuest starts the service of that name, which logs to that file */
export function createServiceHost(startGuest: (name: string, log: string) => Promise<Hosted>): Service {
  const hosted = new Map<string, Promise<Hosted>>();
  const stopping = new Set<Promise<void>>();
  const reply = (message: HostReply) => void process.send?.(message);

  const start = async (name: string, log: string): Promise<HostReply> => {
    try {
      if (!hosted.has(name)) hosted.set(name, startGuest(name, log));
      await hosted.get(name);
      return { started: name };
    } catch (error) {
      hosted.delete(name);
      return { failed: name, reason: errorMessage(error) };
    }
  };
  const stop = async (name: string): Promise<HostReply> => {
    const starting = hosted.get(name);
    hosted.delete(name);
    const end = (async () => (await starting?.catch(() => undefined))?.stop())();
    stopping.add(end);
    await end;
    stopping.delete(end);
    return { stopped: name };
  };
  const answer = (request: HostRequest) => {
    const work = 'start' in request ? start(request.start, request.log) : stop(request.stop);
    // A service that cannot be stopped holds what it holds: only the end of the process frees that.
    work.then(reply, () => process.exit(1));
  };

  return {
    async start() {
      process.on('message', answer);
    },
    async stop() {
      process.off('message', answer);
      for (const name of [...hosted.keys()]) void stop(name).catch(() => undefined); // it is awaited below
      // Those that were asked to stop one by one may be at it still.
      await Promise.all(stopping);
    },
  };
}

export const service = defineService(HOST_NAME, ({ config }) =>
  createServiceHost((name, log) => startHosted(name, log, config)),
);

await runWhenProgram(import.meta.url, service);
