/** Prefixes under which a service answers: behind the proxy, with the version alone, and bare. */
const PREFIX = /^(?:\/(?:api|auth|stream))?\/v1(?=\/|$)/;
/** What only looks like an escape is taken literally, as Python's HTTP servers do. */
const NO_ESCAPE = /%(?![0-9a-f]{2})/gi;
const EXECUTIONS = /^\/actionexecutions(?=\/|$)/;

/** The one form that routes are registered in: no prefix, no slash at the end, one name for executions. */
export function normalizeUrl(url: string): string {
  const at = url.indexOf('?');
  const path = at === -1 ? url : url.slice(0, at);
  const query = at === -1 ? '' : url.slice(at);
  const bare = path
    .replace(PREFIX, '')
    .replace(EXECUTIONS, '/executions')
    .replace(NO_ESCAPE, '%25')
    .replace(/\/+$/, '');
  return `${bare === '' ? '/' : bare}${query}`;
}
