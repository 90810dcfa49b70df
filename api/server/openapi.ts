/** The OpenAPI document, made from the same tables that the server checks requests with. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { QueryKind } from './query.ts';
import type { Route } from './route.ts';

/** Version of the product, as `GET /` gives it. */
export const API_VERSION = '0.1.0';

const QUERY_SCHEMAS: Readonly<Record<QueryKind, Readonly<Record<string, unknown>>>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  list: { type: 'string', description: 'Values with commas between.' },
};

const ERROR = { type: 'object', properties: { faultstring: { type: 'string' } }, required: ['faultstring'] } as const;

/** Settings of the document of one service. */
export function openApiSchema(title: string): FastifyDynamicSwaggerOptions {
  return {
    // The document knows no wildcards: the rest of a path is a parameter as any other.
    transform: ({ schema, url }) => ({ schema: schema as never, url: url.replace('*', ':rest') }),
    openapi: {
      openapi: '3.0.3',
      info: { title, version: API_VERSION, description: "Tramontane's API, compatible with StackStorm's v1." },
      servers: [{ url: '/v1' }],
      components: {
        securitySchemes: {
          token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
          api_key: { type: 'apiKey', in: 'header', name: 'St2-Api-Key' },
        },
      },
    },
  };
}

/** The operation of a route in the document. */
export function operationOf(route: Route): Record<string, unknown> {
  const [, tag = 'general'] = route.path.split('/');
  const names = [...route.path.replace('*', ':rest').matchAll(/:([a-z_]+)/g)].map((match) => String(match[1]));
  const success = route.success ?? 200;
  return {
    summary: route.summary,
    tags: [tag === '' ? 'general' : tag],
    ...(route.permission === null ? { security: [] } : { security: [{ token: [] }, { api_key: [] }] }),
    ...(route.query === undefined ? {} : { querystring: { type: 'object', properties: queryProperties(route) } }),
    ...(route.headers === undefined
      ? {}
      : { headers: { type: 'object', properties: headerProperties(route.headers) } }),
    ...(names.length === 0 ? {} : { params: { type: 'object', properties: textProperties(names), required: names } }),
    ...(route.body === undefined ? {} : { body: route.body }),
    response: {
      [success]: successOf(route, success),
      '4xx': { description: 'The request is wrong, not allowed, or names something that does not exist.', ...ERROR },
    },
  };
}

function successOf(route: Route, status: number): Record<string, unknown> {
  if (status === 204) return { description: 'Done', type: 'null' };
  if (route.produces !== undefined)
    // What `*/*` stands for may be JSON of any kind.
    return {
      description: 'Success',
      content: { [route.produces]: { schema: route.produces === '*/*' ? {} : { type: 'string' } } },
    };
  return route.response ?? { description: 'Success' };
}

function queryProperties(route: Route): Record<string, unknown> {
  return Object.fromEntries(Object.entries(route.query ?? {}).map(([name, kind]) => [name, QUERY_SCHEMAS[kind]]));
}

function headerProperties(headers: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { type: 'string', description }]),
  );
}

function textProperties(names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
}
