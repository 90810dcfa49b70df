import { contentList, NAME, READ_BACK, TAGS } from '../../content/rules.ts';
import { flag, text } from '../../lists/filters.ts';
import type { ListRules } from '../../lists/list.ts';
import { BEST_MATCH, type JsonSchema } from '../../server/json-schema.ts';

export const RULE: JsonSchema = {
  ...BEST_MATCH,
  type: 'object',
  properties: {
    ...READ_BACK,
    name: NAME,
    pack: { type: 'string', nullable: true },
    description: { type: ['string', 'null'] },
    type: {
      type: ['object', 'null'],
      required: ['ref'],
      properties: { ref: { type: 'string' }, parameters: { type: 'object' } },
      additionalProperties: false,
    },
    trigger: {
      type: 'object',
      required: ['type'],
      properties: {
        type: { type: 'string' },
        parameters: { type: 'object' },
        ref: { type: ['string', 'null'] },
        description: { type: ['string', 'null'] },
      },
      additionalProperties: true,
    },
    criteria: { type: 'object', nullable: true },
    action: {
      type: 'object',
      required: ['ref'],
      properties: {
        ref: { type: 'string' },
        parameters: { type: 'object' },
        description: { type: ['string', 'null'] },
      },
      additionalProperties: false,
    },
    enabled: { type: 'boolean', nullable: true },
    context: { type: ['object', 'null'] },
    tags: { ...TAGS, type: ['array', 'null'] },
  },
  required: ['name', 'trigger', 'action'],
  additionalProperties: false,
};

export const RULE_LIST: ListRules = contentList(
  ['type', 'trigger', 'criteria', 'action', 'enabled', 'context', 'tags'],
  {
    sortable: false,
    filters: {
      action: text('action.ref'),
      trigger: text('trigger.ref'),
      enabled: flag('enabled'),
      user: text('context.user'),
    },
  },
);

/** A rule as clients send it. */
export interface RuleBody {
  readonly name: string;
  readonly pack?: string | null;
  readonly description?: string | null;
  readonly type?: { readonly ref: string; readonly parameters?: Readonly<Record<string, unknown>> } | null;
  readonly trigger: { readonly type: string; readonly parameters?: Readonly<Record<string, unknown>> };
  readonly criteria?: Readonly<Record<string, unknown>> | null;
  readonly action: { readonly ref: string; readonly parameters?: Readonly<Record<string, unknown>> };
  readonly enabled?: boolean | null;
  readonly context?: Readonly<Record<string, unknown>> | null;
  readonly tags?: readonly unknown[] | null;
}
