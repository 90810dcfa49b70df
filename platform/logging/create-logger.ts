import { type Logger, pino } from 'pino';
import { traceIds } from '../observability/tracing.ts';

export type { Logger } from 'pino';

/** Paths whose values never reach a log. One list for all services. */
const REDACTED = [
  'req.headers.authorization',
  'req.headers["x-auth-token"]',
  'req.headers["st2-api-key"]',
  'req.headers.cookie',
  '*.password',
  '*.token',
  '*.auth_token',
  '*.secret',
  'parameters',
  'result',
];

/**
 * The root logger of a service: JSON lines on standard output, one list of redacted paths.
 *
 * @param service name of the service, bound as `service`
 * @param level least level that is written
 */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    mixin: traceIds,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '********' },
  });
}
