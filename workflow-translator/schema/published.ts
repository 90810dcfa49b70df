/**
 * The language as one JSON Schema for editors and other tools. It is put together from the same parts that definitions are
 * checked with; what only the checks know (names of tasks, expressions, inline calls) is not in it.
 */
import { adHocAction, itemList, workbook, workflow } from './documents.ts';
import { WORKBOOK_ITEM } from './patterns.ts';
import { directTask, reverseTask, taskDefaults } from './tasks.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

type Schema = Readonly<Record<string, unknown>>;

const definitions: Schema = {
  task: directTask,
  'reverse-task': reverseTask,
  'task-defaults': taskDefaults,
  'ad-hoc-action': adHocAction,
  workflow: {
    ...workflow,
    properties: { ...workflow.properties, 'task-defaults': { $ref: '#/$defs/task-defaults' } },
    if: { properties: { type: { const: 'reverse' } }, required: ['type'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { tasks: tasksOf('reverse-task') } },
    else: { properties: { tasks: tasksOf('task') } },
  },
};

function tasksOf(name: string): Schema {
  return { type: 'object', properties: { version: {} }, additionalProperties: { $ref: `#/$defs/${name}` } };
}

function section(name: string): Schema {
  const items = workbook.properties?.[name === 'workflow' ? 'workflows' : 'actions'];
  return { ...items, patternProperties: { ...items?.patternProperties, [WORKBOOK_ITEM]: { $ref: `#/$defs/${name}` } } };
}

/** The published schemas by file name. */
export const publishedSchemas: Readonly<Record<string, Schema>> = {
  'workflow.schema.json': {
    $schema: DIALECT,
    title: 'Workflows of the Mistral v2 language',
    ...itemList,
    minProperties: 2,
    additionalProperties: { $ref: '#/$defs/workflow' },
    $defs: definitions,
  },
  'workbook.schema.json': {
    $schema: DIALECT,
    title: 'A workbook of the Mistral v2 language',
    ...workbook,
    properties: { ...workbook.properties, workflows: section('workflow'), actions: section('ad-hoc-action') },
    $defs: definitions,
  },
  'actions.schema.json': {
    $schema: DIALECT,
    title: 'Ad-hoc actions of the Mistral v2 language',
    ...itemList,
    minProperties: 2,
    additionalProperties: { $ref: '#/$defs/ad-hoc-action' },
    $defs: definitions,
  },
};
