import { ValidationError } from '../../../core/errors.ts';
import type { ApiContext } from '../../context.ts';
import type { JsonSchema } from '../../server/json-schema.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { fileViewRoutes } from './file-views.ts';
import { createPackIndex, type PackIndex } from './pack-index.ts';
import { readRoutes } from './read.ts';
import { REGISTER, register } from './register.ts';

const PACKS = { type: 'array', items: { type: 'string' } } as const;

const INSTALL: JsonSchema = {
  type: 'object',
  properties: { packs: PACKS, force: { type: 'boolean' }, skip_dependencies: { type: 'boolean' } },
  required: ['packs'],
};

const UNINSTALL: JsonSchema = { type: 'object', properties: { packs: PACKS }, required: ['packs'] };

const SEARCH: JsonSchema = {
  type: 'object',
  properties: { query: { type: 'string' }, pack: { type: 'string' } },
  anyOf: [{ required: ['query'] }, { required: ['pack'] }],
};

/** Runs an action of the pack `packs`; clients wait for its execution. */
async function run(
  context: ApiContext,
  request: ApiRequest,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const execution = await context.actions.request({ action, parameters, user: request.requester.user });
  return { body: { execution_id: execution.id } };
}

async function install(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const body = request.body as { packs: readonly string[]; force?: boolean; skip_dependencies?: boolean };
  return run(context, request, 'packs.install', {
    packs: body.packs,
    ...(body.force === true ? { force: true } : {}),
    ...(body.skip_dependencies === true ? { skip_dependencies: true } : {}),
  });
}

async function search(index: PackIndex, request: ApiRequest): Promise<Answer> {
  const { query, pack } = request.body as { query?: string; pack?: string };
  if (query !== undefined) return { body: await index.search(query) };
  if (pack === undefined) throw new ValidationError("'query' is a required property");
  return { body: (await index.find(pack)) ?? [] };
}

async function health(index: PackIndex): Promise<Answer> {
  const { status } = await index.look();
  const errors: Record<string, number> = {};
  for (const { error } of status) if (error !== null) errors[error] = (errors[error] ?? 0) + 1;
  const invalid = status.filter(({ error }) => error !== null).length;
  return {
    body: {
      indexes: { count: status.length, valid: status.length - invalid, invalid, errors, status },
      packs: { count: status.reduce((sum, { packs }) => sum + packs, 0) },
    },
  };
}

export function packRoutes(context: ApiContext): readonly Route[] {
  const index = createPackIndex(context.config.packs.index_urls);
  return [
    {
      method: 'GET',
      path: '/packs/index',
      summary: 'The index of packs that can be installed',
      permission: 'pack_search',
      handle: async () => ({ body: await index.fetch() }),
    },
    {
      method: 'GET',
      path: '/packs/index/health',
      summary: 'Whether the indexes can be read',
      permission: 'pack_views_index_health',
      handle: () => health(index),
    },
    {
      method: 'POST',
      path: '/packs/index/search',
      summary: 'Search the index, or show one pack of it',
      permission: 'pack_search',
      body: SEARCH,
      handle: (request) => search(index, request),
    },
    ...fileViewRoutes(context),
    ...readRoutes(context),
    {
      method: 'POST',
      path: '/packs/install',
      summary: 'Install packs; done by an execution',
      permission: 'pack_install',
      body: INSTALL,
      success: 202,
      handle: (request) => install(context, request),
    },
    {
      method: 'POST',
      path: '/packs/uninstall',
      summary: 'Remove packs; done by an execution',
      permission: 'pack_uninstall',
      body: UNINSTALL,
      success: 202,
      handle: (request) =>
        run(context, request, 'packs.uninstall', { packs: (request.body as { packs: readonly string[] }).packs }),
    },
    {
      method: 'POST',
      path: '/packs/uninstall/:ref_or_id',
      summary: 'Remove a pack; done by an execution',
      permission: 'pack_uninstall',
      success: 202,
      handle: (request) => run(context, request, 'packs.uninstall', { packs: [request.params.ref_or_id] }),
    },
    {
      method: 'POST',
      path: '/packs/register',
      summary: 'Register content of packs from disk',
      permission: 'pack_register',
      body: REGISTER,
      handle: (request) => register(context, request),
    },
  ];
}
