/** Schemas of whole documents, of workflows and of ad-hoc actions. They are checked one inside the other, each on its own. */
import {
  anyButNull,
  anything,
  inputDeclarations,
  metaProperties,
  nonEmptyObject,
  nonEmptyString,
  uniqueStringList,
  version,
  workflowType,
} from './common.ts';
import type { JsonSchema } from './json-schema.ts';
import { VERSION_ONLY, WORD_ONLY, WORKBOOK_ITEM } from './patterns.ts';

/** A file of workflows (or of ad-hoc actions): `version` and one key for each. */
export const itemList: JsonSchema = {
  type: 'object',
  properties: { version },
  additionalProperties: nonEmptyObject,
  required: ['version'],
};

const version2: JsonSchema = { enum: ['2.0', 2] };

const workbookItems: JsonSchema = {
  type: 'object',
  minProperties: 1,
  patternProperties: { [VERSION_ONLY]: version2, [WORKBOOK_ITEM]: anyButNull },
  additionalProperties: false,
};

export const workbook: JsonSchema = {
  type: 'object',
  properties: { ...metaProperties, version: version2, actions: workbookItems, workflows: workbookItems },
  required: ['name', 'version'],
  additionalProperties: false,
};

/** One workflow. Unknown keys are tolerated here, and only here. */
export const workflow: JsonSchema = {
  type: 'object',
  properties: {
    type: workflowType,
    'task-defaults': nonEmptyObject,
    input: inputDeclarations,
    output: nonEmptyObject,
    'output-on-error': nonEmptyObject,
    vars: nonEmptyObject,
    tags: uniqueStringList,
    tasks: { type: 'object', minProperties: 1, patternProperties: { [WORD_ONLY]: nonEmptyObject } },
  },
  required: ['tasks'],
};

/** An ad-hoc action as it is written (`name` and `version` are set by the engine). */
export const adHocAction: JsonSchema = {
  type: 'object',
  properties: {
    ...metaProperties,
    name: {},
    version: {},
    base: nonEmptyString,
    'base-input': nonEmptyObject,
    input: inputDeclarations,
    output: anything,
  },
  required: ['base'],
  additionalProperties: false,
};
