import { EXECUTION_STATUSES } from '../../../core/statuses.ts';
import { NOTIFY } from '../../content/rules.ts';
import { FURTHEST_SECONDS } from '../../lists/timestamps.ts';
import type { JsonSchema } from '../../server/json-schema.ts';

/** Milliseconds. */
const DELAY = { type: 'integer', minimum: 0, maximum: FURTHEST_SECONDS * 1_000 } as const;

const TIME = {
  type: 'string',
  pattern: String.raw`^\d{4}\-\d{2}\-\d{2}(\s|T)\d{2}:\d{2}:\d{2}(\.\d{3,6})?(Z|\+00|\+0000|\+00:00)$`,
} as const;

/** Body of `POST /executions`. What an execution has besides is looked at and ignored, further fields are ignored, as by StackStorm. */
export const EXECUTION_REQUEST: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { type: 'string', enum: EXECUTION_STATUSES },
    start_timestamp: TIME,
    end_timestamp: TIME,
    action: { type: 'string' },
    action_is_workflow: { type: 'boolean' },
    parameters: { type: 'object' },
    result: { type: 'object' },
    context: { type: 'object', nullable: true },
    callback: { type: 'object', nullable: true },
    runner_info: { type: 'object' },
    notify: { ...NOTIFY, nullable: true },
    delay: DELAY,
    user: { type: 'string', nullable: true },
  },
  required: ['action'],
};

/** Body of `PUT /executions/{id}`. */
export const EXECUTION_UPDATE: JsonSchema = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: EXECUTION_STATUSES },
    result: { type: ['array', 'object', 'string', 'integer', 'number', 'boolean', 'null'] },
  },
  additionalProperties: false,
};

/** Body of `POST /executions/{id}/re_run`. */
export const RERUN_REQUEST: JsonSchema = {
  type: 'object',
  properties: {
    parameters: { type: 'object', nullable: true },
    tasks: { type: 'array', items: { type: 'string' }, nullable: true },
    reset: { type: 'array', items: { type: 'string' }, nullable: true },
    user: { type: 'string', nullable: true },
    delay: { ...DELAY, nullable: true },
  },
};

/** An execution in answers; the parts that clients rely on. */
export const EXECUTION: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { type: 'string' },
    action: { type: 'object', additionalProperties: true },
    runner: { type: 'object', additionalProperties: true },
    liveaction: { type: 'object', additionalProperties: true },
    parameters: { type: 'object', additionalProperties: true },
    context: { type: 'object', additionalProperties: true },
    start_timestamp: { type: 'string' },
    end_timestamp: { type: 'string' },
    children: { type: 'array', items: { type: 'string' } },
  },
  additionalProperties: true,
};

/** The answer to who makes or changes one. */
export const EXECUTION_RESPONSE: JsonSchema = { description: 'The execution', ...EXECUTION };

/** Query of who makes or changes one. */
export const SHOW_SECRETS = { show_secrets: 'boolean' } as const;

/** Body of `POST /executions/bulk`; what is asked for is checked one by one. */
export const BULK_REQUEST: JsonSchema = {
  type: 'array',
  maxItems: 100,
  items: {
    type: 'object',
    properties: {
      key: { type: 'string', description: 'Its idempotency key' },
      request: { type: 'object', description: 'Body of POST /executions' },
    },
    required: ['key', 'request'],
  },
};
