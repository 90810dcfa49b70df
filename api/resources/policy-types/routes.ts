import { NotFoundError } from '../../../core/errors.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { text } from '../../lists/filters.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';

const LIST: ListRules = {
  filters: { resource_type: text('resource_type') },
  sort: { resource_type: 1, name: 1 },
  defaultLimit: 100,
  always: ['id'],
  known: ['name', 'resource_type', 'ref', 'uid', 'description', 'enabled', 'module', 'parameters'],
};

export function policyTypeRoutes({ stores, config }: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/policytypes',
      summary: 'List policy types',
      permission: 'policy_type_list',
      query: listParameters(LIST),
      handle: (request) =>
        listRecords<OpenRecord>(stores.policyTypes, LIST, request, { maxPageSize: config.api.max_page_size }),
    },
    {
      method: 'GET',
      path: '/policytypes/:ref_or_id',
      summary: 'One policy type',
      permission: 'policy_type_view',
      handle: async ({ params }) => {
        const given = params.ref_or_id ?? '';
        const found = given.includes('.')
          ? await stores.policyTypes.findOne({ ref: given })
          : await stores.policyTypes.get(given);
        if (found === undefined) throw new NotFoundError(`PolicyType with a reference of id "${given}" not found.`);
        return { body: presentRecord(found) };
      },
    },
  ];
}
