/** Schemas of `on-success` and its kin, and of published variables. */
import { expression, nonEmptyObject } from './common.ts';
import type { JsonSchema } from './json-schema.ts';
import { NEXT_CALL, NEXT_NAME, NEXT_WITH_BLANK } from './patterns.ts';

export const publishScopes: JsonSchema = {
  type: 'object',
  properties: { branch: nonEmptyObject, global: nonEmptyObject, atomic: nonEmptyObject },
  additionalProperties: false,
};

const nextTask: JsonSchema = {
  oneOf: [
    { type: 'string', pattern: NEXT_NAME, description: 'A task or an engine command: `task1`' },
    { type: 'string', pattern: NEXT_WITH_BLANK, description: 'A command with a parameter: `fail msg="no luck"`' },
    { type: 'string', pattern: NEXT_CALL, description: 'A command with a parameter: `fail(msg="no luck")`' },
  ],
};

const taskWithCondition: JsonSchema = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  patternProperties: { [NEXT_NAME]: expression, [NEXT_WITH_BLANK]: expression, [NEXT_CALL]: expression },
  description: 'A task or command under a condition: `task1: <% $.vm_id != null %>`',
};

const taskList: JsonSchema = {
  type: 'array',
  items: { oneOf: [nextTask, taskWithCondition] },
  uniqueItems: true,
  minItems: 1,
};

/** Value of an `on-*` key. */
export const onClause: JsonSchema = {
  oneOf: [
    nextTask,
    taskWithCondition,
    taskList,
    {
      type: 'object',
      minProperties: 1,
      properties: { publish: publishScopes, next: { oneOf: [nextTask, taskWithCondition, taskList] } },
      additionalProperties: false,
    },
  ],
};
