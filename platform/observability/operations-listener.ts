/**
 * The listener that every process has for its operators: `/healthz` (it lives), `/readyz` (what it needs answers) and `/metrics`.
 * It stands apart from the ports that users reach, on loopback unless a setting says otherwise, and tells no data of users.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/create-logger.ts';
import { askHealth } from './health.ts';
import { METRICS_TYPE, renderMetrics } from './metrics.ts';

export interface OperationsListener {
  readonly port: number;
  close(): void;
}

/** Folder below the data folder where each process notes its address, in the form of Prometheus' `file_sd_configs`. */
export const TARGETS_FOLDER = 'operations';

/**
 * Starts the listener. A port that is taken is an operator's mistake and ends the start; a folder that cannot be written is not,
 * the process is only harder to find then.
 */
export async function startOperationsListener(
  service: string,
  config: Config,
  logger: Logger,
): Promise<OperationsListener> {
  const { host, port } = config.operations;
  const server = createServer((request, response) => {
    answer(service, request.method === 'GET' ? request.url : undefined, response).catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'operations listener could not answer');
      response.destroy();
    });
  });
  server.headersTimeout = 5_000;
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const file = port === 0 ? noteTarget(service, config.system.data_dir, address.port, logger) : undefined;
  // It must not keep a process alive that has nothing else to do.
  server.unref();
  return {
    port: address.port,
    close() {
      if (file !== undefined) rmSync(file, { force: true });
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(service: string, url: string | undefined, response: ServerResponse): Promise<void> {
  switch (url?.split('?')[0]) {
    case '/healthz':
      return sendJson(response, 200, { status: 'ok' });
    case '/readyz': {
      const { ready, parts } = await askHealth();
      return sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', parts });
    }
    case '/metrics':
      response.writeHead(200, { 'content-type': METRICS_TYPE }).end(await renderMetrics(service));
      return;
    default:
      return sendJson(response, 404, { faultstring: 'There are /healthz, /readyz and /metrics.' });
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new Error(`The port ${port} on ${host} is in use: set ST2_OPERATIONS__PORT.`) : error);
    });
    server.listen({ host, port }, resolve);
  });
}

function noteTarget(service: string, dataFolder: string, port: number, logger: Logger): string | undefined {
  const folder = path.resolve(dataFolder, TARGETS_FOLDER);
  const file = path.join(folder, `${service}-${process.pid}.json`);
  const targets = [{ targets: [`127.0.0.1:${port}`], labels: { service, pid: String(process.pid) } }];
  try {
    mkdirSync(folder, { recursive: true });
    forgetTheDead(folder, service);
    writeFileSync(file, `${JSON.stringify(targets)}\n`);
    return file;
  } catch (error) {
    logger.warn({ reason: errorMessage(error), file }, 'address for operators could not be noted');
    return undefined;
  }
}

/** A process that was killed could not remove its note. */
function forgetTheDead(folder: string, service: string): void {
  for (const name of readdirSync(folder)) {
    const [, owner, pid] = /^(.+)-(\d+)\.json$/.exec(name) ?? [];
    if (owner !== service || isAlive(Number(pid))) continue;
    rmSync(path.join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
