/**
 * The audit log: who asked for what change, from where, and how it was answered. One JSON object a line, only ever appended to.
 * It names objects and actions but no values of parameters: what is not written needs no masking.
 */
import path from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorMessage } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/create-logger.ts';
import { openLineFile } from '../logging/line-file.ts';
import { shownPath } from './shown-path.ts';

/** Who a request came from, as far as it is known. */
export interface Actor {
  readonly user: string | undefined;
  /** Kind and id of the token or API key, never itself. */
  readonly credential?: { readonly kind: string; readonly id: string };
}

export interface AuditOptions {
  readonly service: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly actorOf: (request: FastifyRequest) => Actor;
  /** What a request asked for, where that is several things: one line for each. */
  readonly partsOf?: (request: FastifyRequest) => readonly { readonly body: unknown; readonly status: number }[] | null;
}

/** Reading changes nothing. */
const CHANGES: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH']);
/** What of a body names the object of the change. */
const NAMES = ['action', 'ref', 'name', 'pack', 'packs', 'user', 'workflow_name', 'workflow_id', 'status', 'state'];
const LONGEST_NAME = 200;
/** Longer bodies are definitions or files; the path names their object. Characters. */
const LONGEST_BODY = 64 * 1024;

/** Notes every request of a server that changes something, after it was answered. */
export function auditRequests(server: FastifyInstance, options: AuditOptions): void {
  const file = auditFile(options.service, options.config);
  if (file === undefined) return;
  const log = openAuditLog(file, options.logger);
  server.addHook('onResponse', async (request, reply) => {
    if (!CHANGES.has(request.method)) return;
    const { user, credential } = options.actorOf(request);
    const whole = { body: request.body, status: reply.statusCode };
    for (const { body, status } of options.partsOf?.(request) ?? [whole]) {
      log.write({
        timestamp: new Date().toISOString(),
        service: options.service,
        user: user ?? null,
        credential: credential ?? null,
        address: request.ip,
        method: request.method,
        path: shownPath(request.url),
        object: namesIn(body),
        status,
        request_id: request.id,
      });
    }
  });
  server.addHook('onClose', async () => log.close());
}

function auditFile(service: string, config: Config): string | undefined {
  const { file } = config.audit;
  if (file === 'off') return undefined;
  return file === '' ? path.resolve(config.system.data_dir, 'audit', `${service}.log`) : file;
}

/** A full disk must not keep the API from answering: what could not be noted is told in the service's log. */
function openAuditLog(file: string, logger: Logger) {
  const lines = openLineFile({
    file,
    onFailure: (error) => logger.error({ reason: errorMessage(error), file }, 'audit log cannot be written'),
  });
  // After logrotate has moved the file.
  process.on('SIGHUP', lines.reopen);
  return {
    write: (entry: object) => lines.append(JSON.stringify(entry)),
    close() {
      process.off('SIGHUP', lines.reopen);
      lines.close();
    },
  };
}

function namesIn(given: unknown): Readonly<Record<string, unknown>> | undefined {
  const body = typeof given === 'string' ? parsed(given) : given;
  if (typeof body !== 'object' || body === null) return undefined;
  const found = NAMES.flatMap((key) => {
    const value = (body as Readonly<Record<string, unknown>>)[key];
    const text = Array.isArray(value) ? value.join(' ') : value;
    return typeof text === 'string' ? [[key, text.slice(0, LONGEST_NAME)] as const] : [];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** mistral-api takes its bodies as text. */
function parsed(body: string): unknown {
  if (body.length > LONGEST_BODY || !body.startsWith('{')) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // YAML of a definition
  }
}
