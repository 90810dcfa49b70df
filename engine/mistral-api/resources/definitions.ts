import type { FastifyInstance } from 'fastify';
import type { WorkflowDefinition } from '../../../stores/records.ts';
import { checkDefinition } from '../../../workflow-translator/index.ts';
import { checksumOf } from '../../definitions/checksum.ts';
import {
  findDefinition,
  removeDefinition,
  type UploadOptions,
  uploadWorkbook,
  uploadWorkflows,
} from '../../definitions/store-definitions.ts';
import type { ApiContext } from '../api-context.ts';
import { type ListSpec, listResources, pick, type Query, toFields } from '../listing.ts';
import { DEFINITION_FIELDS, presentDefinition } from '../presentation.ts';
import { checkedScope, textBody } from '../request-body.ts';

const columns = {
  id: 'id',
  name: 'name',
  namespace: 'namespace',
  input: 'input',
  scope: 'scope',
  tags: 'tags',
  definition: 'definition',
  created_at: 'created_at',
  updated_at: 'updated_at',
};

/** @throws ValidationError for a scope that there is not */
export function toUploadOptions(query: Query, mode: UploadOptions['mode'], id?: string): UploadOptions {
  return {
    namespace: query.namespace ?? '',
    scope: checkedScope(query.scope ?? 'private'),
    mode,
    ...(id === undefined ? {} : { id }),
  };
}

/** Answers whether a definition would be accepted. */
export function validation(text: string, kind: 'workflow' | 'workbook' | 'actions') {
  const problem = checkDefinition(text, { kind }).problems.find(({ severity }) => severity === 'error');
  return problem === undefined ? { valid: true } : { valid: false, error: problem.message };
}

/** `/workflows` and `/workbooks`. */
export function registerDefinitions(app: FastifyInstance, { stores }: ApiContext): void {
  for (const kind of ['workflow', 'workbook'] as const) {
    const path = `/${kind}s`;
    const spec: ListSpec<WorkflowDefinition> = {
      collection: stores.workflowDefinitions,
      key: `${kind}s`,
      path: `/v2${path}`,
      columns,
      fields: DEFINITION_FIELDS,
      present: kind === 'workflow' ? presentWorkflow : presentDefinition,
    };

    const upload = async (text: string, options: UploadOptions) => {
      if (kind === 'workbook') return presentDefinition(await uploadWorkbook(stores, text, options));
      const workflows = (await uploadWorkflows(stores, text, options)).map(presentWorkflow);
      return options.id === undefined ? { workflows } : workflows[0];
    };

    app.get<{ Querystring: Query }>(path, ({ query }) => listResources(spec, query, { kind }));
    app.post<{ Querystring: Query }>(path, async (request, reply) =>
      reply.code(201).send(await upload(textBody(request), toUploadOptions(request.query, 'create'))),
    );
    app.put<{ Querystring: Query }>(path, (request) =>
      upload(textBody(request), toUploadOptions(request.query, 'update')),
    );
    app.post(`${path}/validate`, (request) => validation(textBody(request), kind));
    app.get<{ Params: { id: string }; Querystring: Query }>(`${path}/:id`, async ({ params, query }) => {
      const found = await findDefinition(stores, kind, params.id, query.namespace ?? '');
      return pick(await spec.present(found), toFields(DEFINITION_FIELDS, query.fields));
    });
    app.get<{ Params: { id: string }; Querystring: Query }>(`${path}/:id/definition`, async (request, reply) => {
      const found = await findDefinition(stores, kind, request.params.id, request.query.namespace ?? '');
      return reply.type('text/plain').send(found.definition);
    });
    app.put<{ Params: { id: string }; Querystring: Query }>(`${path}/:id`, async (request) => {
      const { id } = await findDefinition(stores, kind, request.params.id, request.query.namespace ?? '');
      return await upload(textBody(request), toUploadOptions(request.query, 'update', id));
    });
    app.delete<{ Params: { id: string }; Querystring: Query }>(`${path}/:id`, async ({ params, query }, reply) => {
      await removeDefinition(stores, kind, params.id, query.namespace ?? '');
      return reply.code(204).send();
    });
  }
}

function presentWorkflow(record: WorkflowDefinition) {
  const spec = (JSON.parse(String(record.ir ?? '{}')) as { spec?: Record<string, unknown> }).spec ?? {};
  const output = spec.output;
  return {
    ...presentDefinition(record),
    checksum: checksumOf(record.definition),
    interface: JSON.stringify({
      input: spec.input ?? [],
      output: typeof output === 'object' && output !== null ? Object.keys(output) : [],
    }),
  };
}
