import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ConflictError, NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';
import type { ApiContext } from '../api-context.ts';
import { listResources, pick, type Query, type Resource, toFields } from '../listing.ts';
import { ownerOf } from '../owner-of.ts';
import { toTime } from '../presentation.ts';
import { type Body, jsonBody, textField } from '../request-body.ts';
import { presentTriggeredWorkflow, readTriggeredWorkflow } from '../triggered-workflow.ts';

/** What an event has to match. It never changes: the trigger is made anew. */
const SOURCE = ['exchange', 'topic', 'event'] as const;
const MANDATORY = [...SOURCE, 'workflow_id'] as const;
const FIELDS = [
  'id',
  'name',
  'workflow_id',
  'workflow_input',
  'workflow_params',
  ...SOURCE,
  'scope',
  'project_id',
  'created_at',
  'updated_at',
];
/** As in Mistral's table; RabbitMQ takes names of up to 255 bytes. */
const LONGEST_NAME = 80;

interface ById {
  readonly Params: { readonly id: string };
}

/** `/event_triggers`: workflows that start when another system announces an event on the message broker. The results tracker listens. */
export function registerEventTriggers(app: FastifyInstance, { stores }: ApiContext): void {
  const { eventTriggers } = stores;
  const columns = ['id', 'name', 'workflow_id', ...SOURCE, 'scope', 'created_at', 'updated_at'];
  const spec = {
    collection: eventTriggers,
    key: 'event_triggers',
    path: '/v2/event_triggers',
    columns: Object.fromEntries(columns.map((name) => [name, name])),
    fields: FIELDS,
    present,
  };
  const missing = (id: string) => new NotFoundError(`Event trigger not found [id=${id}].`);
  const load = async (id: string) => {
    const found = await eventTriggers.findOne({ id });
    if (found === undefined) throw missing(id);
    return found;
  };

  app.get<{ Querystring: Query }>('/event_triggers', ({ query }) => listResources(spec, query));
  app.get<ById & { Querystring: Query }>('/event_triggers/:id', async ({ params, query }) =>
    pick(present(await load(params.id)), toFields(FIELDS, query.fields)),
  );
  app.post('/event_triggers', async (request, reply) => {
    const record = { ...(await toTrigger(stores, jsonBody(request))), ...ownerOf(request) };
    try {
      const made = await eventTriggers.insert({ id: randomUUID(), ...record, created_at: new Date() });
      return reply.code(201).send(present(made));
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const values = MANDATORY.map((name) => record[name]).join(', ');
      throw new ConflictError(
        `Duplicate entry for EventTrigger ['exchange', 'topic', 'event', 'workflow_id', 'project_id']: ${values}, <default-project>`,
      );
    }
  });
  app.put<ById>('/event_triggers/:id', async (request) => {
    const { id } = request.params;
    const body = jsonBody(request);
    if (SOURCE.some((name) => Boolean(body[name]))) {
      throw new ValidationError(`Can not update fields ${SOURCE.join(', ')} of event trigger.`);
    }
    const found = await load(id);
    const merged = { ...present(found), ...body };
    const { name, workflow_id, workflow_input, workflow_params, scope } = await toTrigger(stores, merged);
    // Whoever changes it answers for what it starts.
    const fields = { name, workflow_id, workflow_input, workflow_params, scope, ...ownerOf(request) };
    const changed = await eventTriggers.updateOne({ id }, { $set: { ...fields, updated_at: new Date() } });
    if (changed === undefined) throw missing(id);
    return present(changed);
  });
  app.delete<ById>('/event_triggers/:id', async ({ params }, reply) => {
    if ((await eventTriggers.removeOne({ id: params.id })) === undefined) throw missing(params.id);
    return reply.code(204).send();
  });
}

/** @throws ValidationError, NotFoundError of the workflow */
async function toTrigger(stores: Stores, body: Body) {
  const absent = MANDATORY.filter((name) => (textField(body, name) ?? '') === '');
  if (absent.length > 0) {
    throw new ValidationError(`Params ${absent.join(', ')} must be provided for creating event trigger.`);
  }
  const long = SOURCE.find((name) => String(body[name]).length > LONGEST_NAME);
  if (long !== undefined) {
    throw new ValidationError(`The field "${long}" must have no more than ${LONGEST_NAME} characters.`);
  }
  const { fields } = await readTriggeredWorkflow(stores, body, String(body.workflow_id));
  return {
    name: textField(body, 'name') ?? '',
    ...fields,
    exchange: String(body.exchange),
    topic: String(body.topic),
    event: String(body.event),
  };
}

function present(record: OpenRecord): Resource {
  return {
    id: record.id,
    name: record.name,
    ...presentTriggeredWorkflow(record),
    exchange: record.exchange,
    topic: record.topic,
    event: record.event,
    created_at: toTime(record.created_at as Date | undefined),
    updated_at: toTime((record.updated_at ?? record.created_at) as Date | undefined),
  };
}
