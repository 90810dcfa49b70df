import { writeSync } from 'node:fs';
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

const STDOUT = 1;

/**
 * The root logger of a service: JSON lines on standard output or into an open file, one list of redacted paths.
 *
 * @param service name of the service, bound as `service`
 * @param level least level that is written
 * @param file descriptor of what is written to
 */
export function createLogger(service: string, level: string, file: number = STDOUT): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    mixin: traceIds,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '********' },
  };
  return pino(options, { write: (line) => writeLine(file, line) });
}

/** For a reader of a pipe that is slow; a line that it does not take within that time is lost. Milliseconds. */
const PATIENCE_MS = 100;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** A full disk or a reader that is gone costs the line, and neither the process nor its time (pino's own destination would wait for ever). */
function writeLine(file: number, line: string): void {
  let rest = Buffer.from(line);
  for (let waited = 0; rest.length > 0 && waited < PATIENCE_MS; ) {
    try {
      rest = rest.subarray(writeSync(file, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(pause, 0, 0, 1);
      waited += 1;
    }
  }
}
