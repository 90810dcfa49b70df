/** API keys may be named by themselves where their ids may. */
const KEY_IN_PATH = /(\/apikeys\/)(?![0-9a-f]{24}(?:\/|$))[^/]+/;

/** The path of a request as logs may show it: without the query, which may carry a token, and without an API key. */
export function shownPath(url: string): string {
  const [path = ''] = url.split('?');
  return path.replace(KEY_IN_PATH, '$1********');
}
