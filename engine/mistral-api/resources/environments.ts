import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import { toText } from '../../executions/execution-records.ts';
import type { ApiContext } from '../api-context.ts';
import { listResources, pick, type Query, type Resource, toFields } from '../listing.ts';
import { toTime } from '../presentation.ts';
import { type Body, jsonBody, objectField, scopeField, textField } from '../request-body.ts';

const FIELDS = ['id', 'name', 'description', 'variables', 'scope', 'project_id', 'created_at', 'updated_at'];

/** `/environments`: named sets of variables, to be given as `env` by name. */
export function registerEnvironments(app: FastifyInstance, { stores }: ApiContext): void {
  const { environments } = stores;
  const spec = {
    collection: environments,
    key: 'environments',
    path: '/v2/environments',
    columns: { id: 'id', name: 'name', description: 'description', scope: 'scope', created_at: 'created_at' },
    fields: FIELDS,
    present,
  };
  const load = async (name: string) => {
    const found = await environments.findOne({ $or: [{ name }, { _id: name }] });
    if (found === undefined) throw new NotFoundError(`Environment not found [name=${name}]`);
    return found;
  };

  app.get<{ Querystring: Query }>('/environments', ({ query }) => listResources(spec, query));
  app.get<{ Params: { name: string }; Querystring: Query }>('/environments/:name', async ({ params, query }) =>
    pick(present(await load(params.name)), toFields(FIELDS, query.fields)),
  );
  app.post('/environments', async (request, reply) => {
    const fields = toFieldsOf(jsonBody(request));
    if (fields.variables === undefined) throw new ValidationError('The field "variables" is missing.');
    const made = await environments.insert({ id: randomUUID(), ...fields, created_at: new Date() });
    return reply.code(201).send(present(made));
  });
  app.put('/environments', async (request) => {
    const { name, ...fields } = toFieldsOf(jsonBody(request));
    const found = await load(name);
    const changed = await environments.updateOne({ id: found.id }, { $set: { ...fields, updated_at: new Date() } });
    return present(changed ?? found);
  });
  app.delete<{ Params: { name: string } }>('/environments/:name', async ({ params }, reply) => {
    const { id } = await load(params.name);
    await environments.removeOne({ id });
    return reply.code(204).send();
  });
}

const KEYS = ['name', 'description', 'variables', 'scope'];

function toFieldsOf(body: Body) {
  if (Object.keys(body).some((key) => !KEYS.includes(key))) {
    const known = KEYS.map((key) => `'${key}'`).join(', ');
    throw new ValidationError(
      `Please, check your environment definition. Only: [${known}] are allowed as definition keys.`,
    );
  }
  const name = textField(body, 'name');
  if (name === undefined || name === '') throw new ValidationError('The field "name" is missing.');
  const description = textField(body, 'description');
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(body.variables === undefined ? {} : { variables: toText(objectField(body, 'variables')) }),
    scope: scopeField(body),
  };
}

function present(record: OpenRecord): Resource {
  return {
    id: record.id,
    name: record.name,
    // What there never was is not there at all, as in Mistral.
    ...(record.description === undefined ? {} : { description: record.description }),
    variables: record.variables ?? '{}',
    scope: record.scope,
    project_id: '<default-project>',
    created_at: toTime(record.created_at as Date | undefined),
    ...(record.updated_at === undefined ? {} : { updated_at: toTime(record.updated_at as Date) }),
  };
}
