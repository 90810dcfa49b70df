import { API_VERSION } from '../../server/openapi.ts';
import { ANY_USER, type Route } from '../../server/route.ts';

const DOCS_URL = '/openapi.json';

export function rootRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/',
      summary: 'Version of the API',
      permission: ANY_USER,
      handle: async () => ({ body: { version: API_VERSION, docs_url: DOCS_URL } }),
    },
  ];
}
