import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ForbiddenError } from '../../../core/errors.ts';
import type { WorkflowDefinition } from '../../../stores/records.ts';
import { findDefinition, removeDefinition, uploadActions } from '../../definitions/store-definitions.ts';
import { systemActions } from '../../workflows/system-actions.ts';
import type { ApiContext } from '../api-context.ts';
import { fitsFilters, listResources, pageOf, pick, type Query, type Resource, toFields } from '../listing.ts';
import { DEFINITION_FIELDS, presentDefinition, toTime } from '../presentation.ts';
import { textBody } from '../request-body.ts';
import { toUploadOptions, validation } from './definitions.ts';

const ACTION_FIELDS = [...DEFINITION_FIELDS, 'is_system', 'description'];
const FILTERS = ['id', 'name', 'input', 'scope', 'description', 'is_system'] as const;
const STARTED_AT = toTime(new Date());

/** `/actions`: those of the engine and the ad-hoc ones. */
export function registerActions(app: FastifyInstance, { stores }: ApiContext): void {
  const spec = {
    collection: stores.workflowDefinitions,
    key: 'actions',
    path: '/v2/actions',
    columns: {
      id: 'id',
      name: 'name',
      namespace: 'namespace',
      input: 'input',
      scope: 'scope',
      created_at: 'created_at',
    },
    fields: ACTION_FIELDS,
    present: presentAdHoc,
    sort: 'name',
  };

  const get = async (identifier: string, query: Query, namespace = query.namespace ?? '') => {
    const system = Object.hasOwn(systemActions, identifier) ? presentSystem(identifier) : systemById(identifier);
    const resource = system ?? presentAdHoc(await findDefinition(stores, 'action', identifier, namespace));
    return pick(resource, toFields(ACTION_FIELDS, query.fields));
  };
  const remove = async (identifier: string, namespace: string) => {
    if (Object.hasOwn(systemActions, identifier)) {
      throw new ForbiddenError(`Attempt to delete a system action: ${identifier}`);
    }
    await removeDefinition(stores, 'action', identifier, namespace);
  };

  app.get<{ Querystring: Query }>('/actions', async ({ query }) => {
    const stored = (await listResources(
      spec,
      { ...query, limit: undefined, marker: undefined },
      { kind: 'action' },
    )) as {
      actions: Resource[];
    };
    const fields = toFields(ACTION_FIELDS, query.fields);
    const system = filtered(Object.keys(systemActions).map(presentSystem), query).map((one) => pick(one, fields));
    return page([...system, ...stored.actions], query);
  });
  app.post<{ Querystring: Query }>('/actions', async (request, reply) => {
    const made = await uploadActions(stores, textBody(request), toUploadOptions(request.query, 'create'));
    return reply.code(201).send({ actions: made.map(presentAdHoc) });
  });
  app.put<{ Querystring: Query }>('/actions', async (request) => {
    const changed = await uploadActions(stores, textBody(request), toUploadOptions(request.query, 'update'));
    return { actions: changed.map(presentAdHoc) };
  });
  app.put<{ Params: { name: string }; Querystring: Query }>('/actions/:name', async (request) => {
    const { id } = await findDefinition(stores, 'action', request.params.name, request.query.namespace ?? '');
    const changed = await uploadActions(stores, textBody(request), toUploadOptions(request.query, 'update', id));
    return { actions: changed.map(presentAdHoc) };
  });
  app.post('/actions/validate', (request) => validation(textBody(request), 'actions'));
  app.get<{ Params: { name: string }; Querystring: Query }>('/actions/:name', ({ params, query }) =>
    get(params.name, query),
  );
  app.get<{ Params: { name: string; namespace: string }; Querystring: Query }>(
    '/actions/:name/:namespace',
    ({ params, query }) => get(params.name, query, params.namespace),
  );
  app.delete<{ Params: { name: string }; Querystring: Query }>('/actions/:name', async ({ params, query }, reply) => {
    await remove(params.name, query.namespace ?? '');
    return reply.code(204).send();
  });
  app.delete<{ Params: { name: string; namespace: string } }>(
    '/actions/:name/:namespace',
    async ({ params }, reply) => {
      await remove(params.name, params.namespace);
      return reply.code(204).send();
    },
  );
}

function presentAdHoc(record: WorkflowDefinition): Resource {
  return { ...presentDefinition(record), input: record.input || null, is_system: false, description: null };
}

/** An action of the engine: present since this server started, under an id made of its name. */
function presentSystem(name: string): Resource {
  const action = systemActions[name];
  const declared = (action?.params ?? []).map((param) =>
    param.required ? param.name : `${param.name}=${defaultText(param.default)}`,
  );
  // The engine hands its context to st2.action; the original lists it as a parameter.
  const input = name === 'st2.action' ? ['action_context', ...declared] : declared;
  return {
    id: nameId(name),
    name,
    namespace: '',
    input: input.join(', '),
    definition: null,
    is_system: true,
    description: name === 'st2.action' ? null : (action?.description ?? null),
    tags: null,
    scope: 'public',
    project_id: '',
    created_at: STARTED_AT,
    updated_at: null,
  };
}

function systemById(id: string): Resource | undefined {
  const name = Object.keys(systemActions).find((one) => nameId(one) === id);
  return name === undefined ? undefined : presentSystem(name);
}

function nameId(name: string): string {
  const hex = createHash('sha1').update(`tramontane action ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function defaultText(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value ?? null);
}

function filtered(resources: readonly Resource[], query: Query): Resource[] {
  if (query.namespace !== undefined && query.namespace !== '') return [];
  return resources.filter((resource) => fitsFilters(resource, FILTERS, query));
}

function page(resources: readonly Resource[], query: Query): { actions: readonly Resource[] } {
  const direction = query.sort_dirs?.startsWith('desc') ? -1 : 1;
  const key = query.sort_keys?.split(',')[0] || 'name';
  const sorted = [...resources].sort((a, b) => direction * String(a[key]).localeCompare(String(b[key])));
  return { actions: pageOf(sorted, query) };
}
