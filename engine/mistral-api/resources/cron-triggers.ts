import { randomUUID } from 'node:crypto';
import { Cron } from 'croner';
import type { FastifyInstance } from 'fastify';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import { findDefinition } from '../../definitions/store-definitions.ts';
import { fromText, toText } from '../../executions/execution-records.ts';
import type { ApiContext } from '../api-context.ts';
import { listResources, pick, type Query, type Resource, toFields } from '../listing.ts';
import { toTime } from '../presentation.ts';
import { type Body, jsonBody, objectField, textField } from '../request-body.ts';

const FIELDS = [
  'id',
  'name',
  'workflow_name',
  'workflow_id',
  'workflow_input',
  'workflow_params',
  'scope',
  'pattern',
  'remaining_executions',
  'first_execution_time',
  'next_execution_time',
  'project_id',
  'created_at',
  'updated_at',
];

/** `/cron_triggers`: workflows by the clock. The results tracker starts those that are due. */
export function registerCronTriggers(app: FastifyInstance, { stores }: ApiContext): void {
  const { cronTriggers } = stores;
  const spec = {
    collection: cronTriggers,
    key: 'cron_triggers',
    path: '/v2/cron_triggers',
    columns: { id: 'id', name: 'name', workflow_name: 'workflow_name', created_at: 'created_at', pattern: 'pattern' },
    fields: FIELDS,
    present,
  };
  const load = async (name: string) => {
    const found = await cronTriggers.findOne({ $or: [{ name }, { _id: name }] });
    if (found === undefined) throw new NotFoundError(`CronTrigger not found [name=${name}]`);
    return found;
  };

  app.get<{ Querystring: Query }>('/cron_triggers', ({ query }) => listResources(spec, query));
  app.get<{ Params: { name: string }; Querystring: Query }>('/cron_triggers/:name', async ({ params, query }) =>
    pick(present(await load(params.name)), toFields(FIELDS, query.fields)),
  );
  app.post('/cron_triggers', async (request, reply) => {
    const body = jsonBody(request);
    const identifier = textField(body, 'workflow_id') ?? textField(body, 'workflow_name') ?? '';
    const workflow = await findDefinition(stores, 'workflow', identifier, '');
    const record = { ...toTrigger(body), workflow_name: workflow.name, workflow_id: workflow.id };
    const made = await cronTriggers.insert({ id: randomUUID(), ...record, created_at: new Date() });
    return reply.code(201).send(present(made));
  });
  app.delete<{ Params: { name: string } }>('/cron_triggers/:name', async ({ params }, reply) => {
    const { id } = await load(params.name);
    await cronTriggers.removeOne({ id });
    return reply.code(204).send();
  });
}

function toTrigger(body: Body) {
  const name = textField(body, 'name') ?? randomUUID();
  const pattern = textField(body, 'pattern') || null;
  const first = textField(body, 'first_execution_time') || undefined;
  const count = body.remaining_executions;
  if (pattern === null && first === undefined) {
    throw new ValidationError('Pattern or first_execution_time must be specified.');
  }
  if (pattern === null && count !== undefined && count !== null && Number(count) > 1) {
    throw new ValidationError('Pattern must be provided if count is superior to 1.');
  }
  const firstTime = first === undefined ? undefined : new Date(`${first.replace(' ', 'T')}Z`);
  if (firstTime !== undefined && Number.isNaN(firstTime.getTime())) {
    throw new ValidationError(`The first execution time "${first}" is no time of the form YYYY-MM-DDThh:mm.`);
  }
  return {
    name,
    pattern,
    workflow_input: toText(objectField(body, 'workflow_input')),
    workflow_params: toText(objectField(body, 'workflow_params')),
    scope: textField(body, 'scope') ?? 'private',
    remaining_executions: count ?? (pattern === null ? 1 : null),
    first_execution_time: firstTime ?? null,
    next_execution_time: firstTime ?? nextTime(String(pattern)),
  };
}

/** When a pattern is due next; UTC, as in Mistral. @throws ValidationError */
export function nextTime(pattern: string, from: Date = new Date()): Date | null {
  try {
    return new Cron(pattern, { timezone: 'UTC', mode: '5-part' }).nextRun(from);
  } catch {
    throw new ValidationError(`The specified pattern is not valid: ${pattern}`);
  }
}

function present(record: OpenRecord): Resource {
  const time = (name: string) => toTime(record[name] as Date | null | undefined);
  return {
    id: record.id,
    name: record.name,
    workflow_name: record.workflow_name,
    workflow_id: record.workflow_id,
    workflow_input: JSON.stringify(fromText(record.workflow_input)),
    workflow_params: JSON.stringify(fromText(record.workflow_params)),
    scope: record.scope,
    pattern: record.pattern ?? null,
    remaining_executions: record.remaining_executions ?? null,
    first_execution_time: time('first_execution_time'),
    next_execution_time: time('next_execution_time'),
    project_id: '<default-project>',
    created_at: time('created_at'),
    updated_at: time('updated_at'),
  };
}
