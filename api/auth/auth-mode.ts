import { ValidationError } from '../../core/errors.ts';
import { isLoopback } from '../server/http-service.ts';

const MODES = ['standalone', 'proxy'];

/**
 * In proxy mode a header names the user and nothing proves it: st2auth must be within reach of the proxy only.
 *
 * @throws ValidationError for a mode that does not exist, and for proxy mode on an address that others reach
 */
export function assertAuthMode({ mode, host }: { readonly mode: string; readonly host: string }): void {
  if (!MODES.includes(mode)) {
    throw new ValidationError(`ST2_AUTH__MODE must be one of ${MODES.join(', ')}, not "${mode}".`);
  }
  if (mode === 'proxy' && !isLoopback(host)) {
    throw new ValidationError(
      `In proxy mode st2auth takes every user name on trust: it listens on loopback only, behind the web server, not on ${host}.`,
    );
  }
}
