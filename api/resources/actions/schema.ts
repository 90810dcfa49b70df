import { NAME, NOTIFY, READ_BACK, TAGS } from '../../content/rules.ts';
import type { JsonSchema } from '../../server/json-schema.ts';

const DATA_FILE = {
  type: 'object',
  required: ['file_path', 'content'],
  properties: { file_path: { type: 'string' }, content: { type: 'string' } },
  additionalProperties: false,
} as const;

const FLAG = { type: 'boolean' } as const;
const NUMBER = { type: 'number' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const SCHEMAS = { type: 'array', minItems: 1, items: { type: 'object' } } as const;
const FLAG_OR_SCHEMA = { anyOf: [FLAG, { type: 'object' }] } as const;

/** A parameter's schema: the keywords of JSON Schema's draft 4 (`required` as a flag) and StackStorm's own. */
const PARAMETER: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    $schema: { type: 'string' },
    title: { type: 'string' },
    description: { type: 'string' },
    default: {},
    multipleOf: NUMBER,
    maximum: NUMBER,
    exclusiveMaximum: FLAG,
    minimum: NUMBER,
    exclusiveMinimum: FLAG,
    maxLength: COUNT,
    minLength: COUNT,
    pattern: { type: 'string' },
    additionalItems: FLAG_OR_SCHEMA,
    items: { anyOf: [{ type: 'object' }, SCHEMAS] },
    maxItems: COUNT,
    minItems: COUNT,
    uniqueItems: FLAG,
    maxProperties: COUNT,
    minProperties: COUNT,
    required: FLAG,
    secret: FLAG,
    additionalProperties: FLAG_OR_SCHEMA,
    definitions: { type: 'object' },
    properties: { type: 'object' },
    patternProperties: { type: 'object' },
    dependencies: { type: 'object' },
    enum: { type: 'array', minItems: 1 },
    type: { anyOf: [{ enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] }] },
    position: { type: 'number', minimum: 0 },
    immutable: FLAG,
    allOf: SCHEMAS,
    anyOf: SCHEMAS,
    oneOf: SCHEMAS,
    not: { type: 'object' },
  },
  additionalProperties: false,
};

/** Body of `POST` and `PUT` of actions. */
export const ACTION: JsonSchema = {
  type: 'object',
  required: ['name', 'runner_type'],
  properties: {
    ...READ_BACK,
    name: NAME,
    description: { type: 'string' },
    enabled: { type: 'boolean' },
    runner_type: { type: 'string' },
    entry_point: { type: 'string' },
    pack: { type: 'string' },
    parameters: { type: 'object', patternProperties: { '^\\w+$': PARAMETER }, additionalProperties: false },
    output_schema: { type: 'object' },
    tags: TAGS,
    notify: NOTIFY,
    data_files: { type: 'array', items: DATA_FILE },
  },
  additionalProperties: false,
};

export const CLONE: JsonSchema = {
  type: 'object',
  properties: {
    dest_pack: { type: 'string', minLength: 1 },
    dest_action: { type: 'string', minLength: 1 },
    overwrite: { type: 'boolean' },
  },
  required: ['dest_pack', 'dest_action'],
  additionalProperties: false,
};

/** Properties that StackStorm puts into an output schema that comes through its API. */
export const OUTPUT_SCHEMA_DEFAULTS: Readonly<Record<string, unknown>> = {
  additionalItems: {},
  items: {},
  uniqueItems: false,
  required: false,
  secret: false,
  additionalProperties: {},
  definitions: {},
  properties: {},
  patternProperties: {},
  immutable: false,
};

/** An action as clients send it. */
export interface ActionBody {
  readonly name: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly runner_type: string;
  readonly entry_point?: string;
  readonly pack?: string;
  readonly metadata_file?: string | null;
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly output_schema?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly unknown[];
  readonly notify?: Readonly<Record<string, unknown>>;
  readonly data_files?: readonly { readonly file_path: string; readonly content: string }[];
}
