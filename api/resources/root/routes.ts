import { API_VERSION } from '../../server/openapi.ts';
import type { Route } from '../../server/route.ts';

const DOCS_URL = '/openapi.json';

export function rootRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/',
      summary: 'Version of the API',
      permission: null,
      handle: async () => ({ body: { version: API_VERSION, docs_url: DOCS_URL } }),
    },
  ];
}
