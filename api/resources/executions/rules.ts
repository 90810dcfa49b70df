import { after, anyOf, before, between, type FilterTable, text } from '../../lists/filters.ts';
import type { ListRules } from '../../lists/list.ts';

/** Filters of executions: name in the query, field in the database. */
export const EXECUTION_FILTERS: FilterTable = {
  action: text('action_ref'),
  status: text('status'),
  liveaction: text('liveaction_id'),
  parent: text('parent'),
  rule: text('rule.name'),
  runner: text('runner_type'),
  timestamp: between('start_timestamp'),
  trigger: text('trigger.name'),
  trigger_type: text('trigger_type.name'),
  trigger_instance: text('trigger_instance.id'),
  user: text('context.user'),
  timestamp_gt: after('start_timestamp'),
  timestamp_lt: before('start_timestamp'),
};

/** Paths that `filter=path:value` may name, beside the filters themselves. */
export const ADVANCED_PATHS: FilterTable = {
  'action.ref': text('action_ref'),
  'runner.name': text('runner_type'),
  'liveaction.id': text('liveaction_id'),
  'rule.name': text('rule.name'),
  'rule.ref': text('rule.ref'),
  'trigger.name': text('trigger.name'),
  'trigger_type.name': text('trigger_type.name'),
  'trigger_instance.id': text('trigger_instance.id'),
  'context.user': text('context.user'),
  id: anyOf('id'),
};

export const EXECUTION_LIST: ListRules = {
  filters: EXECUTION_FILTERS,
  sort: { start_timestamp: -1 },
  defaultLimit: 100,
  always: ['id'],
  excludable: ['result', 'trigger_instance', 'status'],
  known: [
    'action',
    'runner',
    'liveaction',
    'status',
    'start_timestamp',
    'end_timestamp',
    'elapsed_seconds',
    'parameters',
    'context',
    'result',
    'result_size',
    'parent',
    'children',
    'log',
    'rule',
    'trigger',
    'trigger_type',
    'trigger_instance',
    'web_url',
    'delay',
    'workflow_execution',
    'task_execution',
  ],
};

/** Distinct values that `/executions/views/filters` gives: name, field, and whether a missing value is a value. */
export const FILTER_VIEWS: Readonly<Record<string, { readonly field: string; readonly orNull?: true }>> = {
  action: { field: 'action_ref' },
  status: { field: 'status' },
  rule: { field: 'rule.name', orNull: true },
  runner: { field: 'runner_type' },
  trigger: { field: 'trigger.name', orNull: true },
  trigger_type: { field: 'trigger_type.name', orNull: true },
  user: { field: 'context.user' },
};
