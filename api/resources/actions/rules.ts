import { itemOf, text } from '../../lists/filters.ts';
import type { ListRules } from '../../lists/list.ts';

export const ACTION_LIST: ListRules = {
  filters: { pack: text('pack'), tags: itemOf('tags', 'name') },
  sort: { pack: 1, name: 1 },
  sortable: false,
  always: ['id', 'ref'],
  excludable: ['parameters', 'notify'],
  known: [
    'ref',
    'uid',
    'name',
    'pack',
    'description',
    'enabled',
    'runner_type',
    'entry_point',
    'parameters',
    'output_schema',
    'tags',
    'notify',
    'metadata_file',
  ],
};
