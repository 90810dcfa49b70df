/** Prefixes under which a service answers: behind the proxy, with the version alone, and bare. */
const PREFIX = /^(?:\/(?:api|auth|stream))?\/v1(?=\/|$)/;
const EXECUTIONS = /^\/actionexecutions(?=\/|$)/;

/** The one form that routes are registered in: no prefix, no slash at the end, one name for executions. */
export function normalizeUrl(url: string): string {
  const at = url.indexOf('?');
  const path = at === -1 ? url : url.slice(0, at);
  const query = at === -1 ? '' : url.slice(at);
  const bare = path.replace(PREFIX, '').replace(EXECUTIONS, '/executions').replace(/\/+$/, '');
  return `${bare === '' ? '/' : bare}${query}`;
}
