/** Trigger types that the system itself fires. Names and schemas are StackStorm's (`st2common/constants/triggers.py`). */

export interface TriggerTypeDefinition {
  readonly name: string;
  readonly pack: string;
  readonly description: string;
  readonly payload_schema: Readonly<Record<string, unknown>>;
  readonly parameters_schema: Readonly<Record<string, unknown>>;
}

const open = (...names: readonly string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, {}])),
});

const internal = (
  name: string,
  description: string,
  payload: Readonly<Record<string, unknown>>,
  parameters: Readonly<Record<string, unknown>> = {},
): TriggerTypeDefinition => ({
  name,
  pack: 'core',
  description,
  payload_schema: payload,
  parameters_schema: parameters,
});

const timerPayload = {
  type: 'object',
  properties: {
    executed_at: { type: 'string', format: 'date-time', default: '2014-07-30 05:04:24.578325' },
    schedule: { type: 'object', default: { delta: 30, units: 'seconds' } },
  },
};

const cronField = { anyOf: [{ type: 'string' }, { type: 'integer' }] };

/** The end of any execution, and what its notify section asks for. */
export const ACTION_TRIGGER = 'core.st2.generic.actiontrigger';
export const NOTIFY_TRIGGER = 'core.st2.generic.notifytrigger';
export const WEBHOOK_TRIGGER_TYPE = 'core.st2.webhook';
export const TIMER_TRIGGER_TYPES = ['core.st2.IntervalTimer', 'core.st2.DateTimer', 'core.st2.CronTimer'] as const;

export const INTERNAL_TRIGGER_TYPES: readonly TriggerTypeDefinition[] = [
  internal(
    'st2.generic.actiontrigger',
    'Trigger encapsulating the completion of an action execution.',
    open(
      'execution_id',
      'status',
      'start_timestamp',
      'action_name',
      'action_ref',
      'runner_ref',
      'parameters',
      'result',
    ),
  ),
  internal(
    'st2.generic.notifytrigger',
    'Notification trigger.',
    open(
      'execution_id',
      'status',
      'start_timestamp',
      'end_timestamp',
      'action_ref',
      'runner_ref',
      'channel',
      'route',
      'message',
      'data',
    ),
  ),
  internal('st2.generic.inquiry', 'Trigger indicating a new "inquiry" has entered "pending" status', {
    type: 'object',
    properties: {
      id: { type: 'string', description: 'ID of the new inquiry.', required: true },
      route: {
        type: 'string',
        description: 'An arbitrary value for allowing rules to route to proper notification channel.',
        required: true,
      },
    },
    additionalProperties: false,
  }),
  internal(
    'st2.action.file_writen',
    'Trigger encapsulating action file being written on disk.',
    open('ref', 'file_path', 'host_info'),
  ),
  internal('st2.sensor.process_spawn', 'Trigger indicating sensor process is started up.', open('object')),
  internal('st2.sensor.process_exit', 'Trigger indicating sensor process is stopped.', open('object')),
  internal('st2.key_value_pair.create', 'Trigger encapsulating datastore item creation.', open('object')),
  internal('st2.key_value_pair.update', 'Trigger encapsulating datastore set action.', open('object')),
  internal(
    'st2.key_value_pair.value_change',
    'Trigger encapsulating a change of datastore item value.',
    open('old_object', 'new_object'),
  ),
  internal('st2.key_value_pair.delete', 'Trigger encapsulating datastore item deletion.', open('object')),
  internal(
    'st2.webhook',
    'Trigger type for registering webhooks that can consume arbitrary payload.',
    {
      type: 'object',
      properties: { headers: { type: 'object' }, body: { anyOf: [{ type: 'array' }, { type: 'object' }] } },
    },
    { type: 'object', properties: { url: { type: 'string', required: true } }, additionalProperties: false },
  ),
  internal('st2.IntervalTimer', 'Triggers on specified intervals. e.g. every 30s, 1week etc.', timerPayload, {
    type: 'object',
    properties: {
      timezone: { type: 'string' },
      unit: { enum: ['weeks', 'days', 'hours', 'minutes', 'seconds'], required: true },
      delta: { type: 'integer', required: true },
    },
    additionalProperties: false,
  }),
  internal('st2.DateTimer', 'Triggers exactly once when the current time matches the specified time.', timerPayload, {
    type: 'object',
    properties: { timezone: { type: 'string' }, date: { type: 'string', format: 'date-time', required: true } },
    additionalProperties: false,
  }),
  internal(
    'st2.CronTimer',
    'Triggers whenever current time matches the specified time constaints like a UNIX cron scheduler.',
    timerPayload,
    {
      type: 'object',
      properties: {
        timezone: { type: 'string' },
        year: { type: 'integer' },
        month: cronField,
        day: cronField,
        week: cronField,
        day_of_week: cronField,
        hour: cronField,
        minute: cronField,
        second: cronField,
      },
      additionalProperties: false,
    },
  ),
];
