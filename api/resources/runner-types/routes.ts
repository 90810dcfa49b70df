import type { ApiContext } from '../../context.ts';
import { findByNameOrId } from '../../lists/find.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';

const LIST: ListRules = {
  filters: {},
  sort: { name: 1 },
  defaultLimit: 100,
  always: ['id'],
  known: [
    'name',
    'uid',
    'description',
    'enabled',
    'runner_package',
    'runner_module',
    'query_module',
    'runner_parameters',
    'output_key',
    'output_schema',
  ],
};

export function runnerTypeRoutes({ stores, config }: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/runnertypes',
      summary: 'List runner types',
      permission: 'runner_type_list',
      query: listParameters(LIST),
      handle: (request) => listRecords(stores.runnerTypes, LIST, request, { maxPageSize: config.api.max_page_size }),
    },
    {
      method: 'GET',
      path: '/runnertypes/:name_or_id',
      summary: 'One runner type',
      permission: 'runner_type_view',
      handle: async ({ params }) => ({
        body: presentRecord(await findByNameOrId(stores.runnerTypes, params.name_or_id ?? '')),
      }),
    },
    {
      method: 'PUT',
      path: '/runnertypes/:name_or_id',
      summary: 'Enable or disable a runner type; nothing else can be changed',
      permission: 'runner_type_modify',
      body: { type: 'object', properties: { enabled: { type: 'boolean' } } },
      handle: async ({ params, body }) => {
        const runner = await findByNameOrId(stores.runnerTypes, params.name_or_id ?? '');
        const { enabled } = body as { enabled?: boolean };
        const changed = await stores.runnerTypes.updateOne(
          { id: runner.id },
          { $set: { enabled: enabled ?? runner.enabled } },
        );
        return { body: presentRecord(changed ?? runner) };
      },
    },
  ];
}
