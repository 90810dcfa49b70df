/** Schemas of tasks and of what tasks have in common with `task-defaults`. */
import {
  expression,
  expressionOrBoolean,
  expressionOrCount,
  metaProperties,
  nonEmptyObject,
  nonEmptyString,
  nonNegativeInteger,
  uniqueStringList,
} from './common.ts';
import type { JsonSchema } from './json-schema.ts';
import { onClause } from './transitions.ts';

export const retry: JsonSchema = {
  oneOf: [
    {
      type: 'object',
      properties: {
        count: expressionOrCount,
        'break-on': expression,
        'continue-on': expression,
        delay: expressionOrCount,
      },
      required: ['delay', 'count'],
      additionalProperties: false,
    },
    nonEmptyString,
  ],
};

const policies = {
  retry,
  'wait-before': expressionOrCount,
  'wait-after': expressionOrCount,
  timeout: expressionOrCount,
  'pause-before': expressionOrBoolean,
  concurrency: expressionOrCount,
  'fail-on': expressionOrBoolean,
} as const satisfies Record<string, JsonSchema>;

const transitions = {
  'on-complete': onClause,
  'on-success': onClause,
  'on-error': onClause,
  'on-skip': onClause,
} as const satisfies Record<string, JsonSchema>;

const requires: JsonSchema = { oneOf: [nonEmptyString, uniqueStringList] };

const anyTask = {
  ...metaProperties,
  action: nonEmptyString,
  workflow: nonEmptyString,
  input: { oneOf: [nonEmptyObject, nonEmptyString] },
  'with-items': { oneOf: [nonEmptyString, uniqueStringList] },
  publish: nonEmptyObject,
  'publish-on-error': nonEmptyObject,
  'publish-on-skip': nonEmptyObject,
  ...policies,
  target: nonEmptyString,
  'keep-result': expressionOrBoolean,
  'safe-rerun': expressionOrBoolean,
} as const satisfies Record<string, JsonSchema>;

const notBothCalls: Pick<JsonSchema, 'anyOf'> = {
  anyOf: [
    { not: { type: 'object', required: ['action', 'workflow'] } },
    {
      oneOf: [
        { type: 'object', required: ['action'] },
        { type: 'object', required: ['workflow'] },
      ],
    },
  ],
};

/**
 * A task of a direct workflow as it is written. `name`, `version` and `type` are set by the engine, so that whatever an
 * author writes there does not matter.
 */
export const directTask: JsonSchema = {
  type: 'object',
  properties: {
    ...anyTask,
    type: {},
    name: {},
    version: {},
    join: { oneOf: [{ enum: ['all', 'one'] }, nonNegativeInteger] },
    ...transitions,
  },
  additionalProperties: false,
  ...notBothCalls,
};

/** A task of a reverse workflow as it is written. */
export const reverseTask: JsonSchema = {
  type: 'object',
  properties: { ...anyTask, type: {}, name: {}, version: {}, requires },
  additionalProperties: false,
  ...notBothCalls,
};

export const taskDefaults: JsonSchema = {
  type: 'object',
  properties: {
    ...policies,
    ...transitions,
    'safe-rerun': expressionOrBoolean,
    requires,
  },
  additionalProperties: false,
};
