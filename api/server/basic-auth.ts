import { UnauthorizedError } from '../../core/errors.ts';

/** Says no more than that: which of name and password was wrong is nobody's business. */
export const invalidCredentials = () => new UnauthorizedError('Invalid or missing credentials');

/** Name and password of a Basic header. @throws UnauthorizedError for anything else */
export function readBasic(header: string | undefined): { readonly user: string; readonly password: string } {
  const [, encoded] = /^basic\s+([A-Za-z0-9+/_=-]+)\s*$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) throw invalidCredentials();
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 1) throw invalidCredentials();
  return { user: text.slice(0, at), password: text.slice(at + 1) };
}
