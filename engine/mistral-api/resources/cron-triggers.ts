import { randomUUID } from 'node:crypto';
import { Cron } from 'croner';
import type { FastifyInstance } from 'fastify';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../api-context.ts';
import { listResources, pick, type Query, type Resource, toFields } from '../listing.ts';
import { ownerOf } from '../owner-of.ts';
import { toTime } from '../presentation.ts';
import { type Body, jsonBody, textField } from '../request-body.ts';
import { presentTriggeredWorkflow, readTriggeredWorkflow } from '../triggered-workflow.ts';

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

/** How far in the future the first time of a trigger has to be, as in Mistral. */
const LEAST_AHEAD_MS = 60_000;

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
    const times = toTimes(body);
    const identifier = textField(body, 'workflow_id') ?? textField(body, 'workflow_name') ?? '';
    const { definition, fields } = await readTriggeredWorkflow(stores, body, identifier);
    const record = { ...times, workflow_name: definition.name, ...fields, ...ownerOf(request) };
    const made = await cronTriggers.insert({ id: randomUUID(), ...record, created_at: new Date() });
    return reply.code(201).send(present(made));
  });
  app.delete<{ Params: { name: string } }>('/cron_triggers/:name', async ({ params }, reply) => {
    const { id } = await load(params.name);
    await cronTriggers.removeOne({ id });
    return reply.code(204).send();
  });
}

/** Name and times of the trigger, checked as Mistral does it. @throws ValidationError */
function toTimes(body: Body) {
  const name = textField(body, 'name') ?? randomUUID();
  const pattern = textField(body, 'pattern') || null;
  const count = toCount(body.remaining_executions);
  const first = toFirstTime(textField(body, 'first_execution_time') || null);
  if (pattern === null && first === null) {
    throw new ValidationError('Pattern or first_execution_time must be specified.');
  }
  if (first !== null && first.getTime() < Date.now() + LEAST_AHEAD_MS) {
    throw new ValidationError('first_execution_time must be at least 1 minute in the future.');
  }
  if (pattern === null && count !== null && count > 1) {
    throw new ValidationError('Pattern must be provided if count is superior to 1.');
  }
  const next = pattern === null ? null : nextTime(pattern);
  return {
    name,
    pattern,
    remaining_executions: count ?? (pattern === null ? 1 : null),
    first_execution_time: first,
    next_execution_time: first ?? next,
  };
}

/** How often a trigger fires, as a number or as its text; `null` for ever. @throws ValidationError */
function toCount(given: unknown): number | null {
  if (given === undefined || given === null) return null;
  const refused = (why: string) =>
    new ValidationError(
      `Invalid input for field/attribute remaining_executions. Value: '${typeof given === 'string' ? given : JSON.stringify(given)}'. ${why}`,
    );
  const isNumeral = typeof given === 'string' && /^\s*[+-]?\d+\s*$/.test(given);
  const count = isNumeral || typeof given === 'number' ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw refused('Value should be an integer.');
  if (count < 1) throw refused('Value should be greater or equal to 1');
  return count;
}

/** @throws ValidationError */
function toFirstTime(text: string | null): Date | null {
  if (text === null) return null;
  const time = new Date(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(time.getTime())) {
    throw new ValidationError(`time data '${text}' does not match format '%Y-%m-%d %H:%M'`);
  }
  return time;
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
    ...presentTriggeredWorkflow(record),
    pattern: record.pattern ?? null,
    remaining_executions: record.remaining_executions ?? null,
    first_execution_time: time('first_execution_time'),
    next_execution_time: time('next_execution_time'),
    created_at: time('created_at'),
    updated_at: time('updated_at'),
  };
}
