/** Schemas that several parts of the language share. */
import type { JsonSchema } from './json-schema.ts';
import { WHOLE_JINJA, WHOLE_YAQL, WORD_ONLY } from './patterns.ts';

export const nonEmptyString: JsonSchema = { type: 'string', minLength: 1 };

export const uniqueStringList: JsonSchema = { type: 'array', items: nonEmptyString, uniqueItems: true, minItems: 1 };

export const nonNegativeInteger: JsonSchema = { type: 'integer', minimum: 0 };

/** A text that is one expression as a whole. */
export const expression: JsonSchema = {
  oneOf: [
    { type: 'string', pattern: WHOLE_JINJA },
    { type: 'string', pattern: WHOLE_YAQL },
  ],
};

export const anyButNull: JsonSchema = {
  anyOf: [
    { type: 'array' },
    { type: 'boolean' },
    { type: 'integer' },
    { type: 'number' },
    { type: 'object' },
    { type: 'string' },
  ],
};

export const anything: JsonSchema = { anyOf: [{ type: 'null' }, ...(anyButNull.anyOf ?? [])] };

export const nonEmptyObject: JsonSchema = {
  type: 'object',
  minProperties: 1,
  patternProperties: { [WORD_ONLY]: anything },
};

export const expressionOrCount: JsonSchema = { oneOf: [expression, nonNegativeInteger] };

export const expressionOrBoolean: JsonSchema = { oneOf: [expression, { type: 'boolean' }] };

export const version: JsonSchema = {
  anyOf: [nonEmptyString, nonNegativeInteger, { type: 'number', minimum: 0 }],
};

/** `input:` of workflows and ad-hoc actions: names, or one-key mappings of a name and its default. */
export const inputDeclarations: JsonSchema = {
  type: 'array',
  items: {
    oneOf: [
      nonEmptyString,
      { type: 'object', minProperties: 1, maxProperties: 1, patternProperties: { [WORD_ONLY]: anything } },
    ],
  },
  uniqueItems: true,
  minItems: 1,
};

export const workflowType: JsonSchema = { enum: ['reverse', 'direct'] };

/** Keys that workbooks, tasks and ad-hoc actions have in common. */
export const metaProperties = {
  name: nonEmptyString,
  version,
  description: nonEmptyString,
  tags: uniqueStringList,
} as const satisfies Record<string, JsonSchema>;
