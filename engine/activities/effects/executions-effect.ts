import { ValidationError } from '../../../core/errors.ts';
import type { WorkflowExecution } from '../../../stores/records.ts';
import { type ExecutionsEffect, executionModel } from '../../conductor/expression-models.ts';
import { fromText } from '../../executions/execution-records.ts';
import { type Bounds, createBoundedReader } from './bounded-reader.ts';
import type { Effect } from './effects.ts';
import { type Sight, seenBy } from './seen-by.ts';

const LIMIT = { records: 1_000, characters: 16 * 1024 * 1024 } as const;
const BOUNDS: Bounds<WorkflowExecution> = {
  ...LIMIT,
  texts: ({ input, output, params }) => [input, output, params.json],
  refusal: `executions() finds more than ${LIMIT.records} executions, or inputs and outputs of more than ${LIMIT.characters / 1024 / 1024} MiB: ask for those of one state, root execution or time.`,
};

/** `executions()`: workflow executions that fit, the oldest first. */
export const fetchExecutions: Effect = async (context, { args }, asker) => {
  const read = createBoundedReader(context.stores.workflowExecutions, BOUNDS);
  const found = await read(toFilter(args as unknown as ExecutionsEffect), { sort: { created_at: 1 } });
  const sight = await seenBy(context, asker, found);
  return found.filter(sight.isVisible).map((record) => toModel(record, sight));
};

/** Source: Mistral's `executions_`: equal, but for times, of which `from_time` is included and `to_time` is not. */
function toFilter({ id, root_execution_id, state, from_time, to_time }: ExecutionsEffect) {
  const filter: Record<string, unknown> = {};
  if (id !== null) filter.uuid = id;
  if (root_execution_id !== null) filter.root_execution_id = root_execution_id;
  if (state !== null) filter.state = state;
  if (from_time !== null || to_time !== null) {
    filter.created_at = {
      ...(from_time === null ? {} : { $gte: toDate(from_time, 'from_time') }),
      ...(to_time === null ? {} : { $lt: toDate(to_time, 'to_time') }),
    };
  }
  return filter;
}

/** A time as Mistral prints it, which is UTC, or any of ISO 8601. */
function toDate(text: string, name: string): Date {
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const date = /^\d{4}-\d\d-\d\d/.test(text)
    ? new Date(hasZone || text.length === 10 ? text : `${text.replace(' ', 'T')}Z`)
    : new Date(Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new ValidationError(`executions() takes a time such as "2026-01-31 12:00:00" as ${name}, not "${text}".`);
}

function toModel(record: WorkflowExecution, { seen }: Sight): unknown {
  return executionModel({
    id: record.uuid,
    workflow_name: record.workflow_name,
    workflow_id: record.definition_id ?? null,
    workflow_namespace: record.workflow_namespace,
    description: record.description,
    state: record.state,
    state_info: seen(record, record.state_info) as string | null,
    input: seen(record, fromText(record.input)),
    output: seen(record, fromText(record.output)),
    params: seen(record, fromText(record.params.json)),
    task_execution_id: record.task_execution_id,
    root_execution_id: record.root_execution_id,
    created_at: record.created_at.getTime(),
    updated_at: record.updated_at.getTime(),
  });
}
