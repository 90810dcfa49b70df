import { NotFoundError } from '../../../core/errors.ts';
import { isId } from '../../../stores/collection.ts';
import type { ApiContext } from '../../context.ts';
import { notAnId } from '../../lists/filters.ts';
import { readPage } from '../../lists/paging.ts';
import type { Route } from '../../server/route.ts';

/** The types of rules there are; they are part of the program, and so are their ids. */
const RULE_TYPES = [
  {
    name: 'standard',
    description: 'Applies whenever its trigger fires and its criteria hold.',
    enabled: true,
    parameters: {},
    id: '5f0000000000000000000001',
  },
  {
    name: 'backstop',
    description: 'Applies when no other rule of the trigger did.',
    enabled: true,
    parameters: {},
    id: '5f0000000000000000000002',
  },
] as const;

function missing(id: string): NotFoundError {
  if (isId(id)) return new NotFoundError(`Unable to find the RuleTypeDB instance. {'id': '${id}'}`);
  return new NotFoundError(`Database lookup for id="${id}" resulted in exception. ${notAnId(id)}`);
}

export function ruleTypeRoutes({ config }: ApiContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ruletypes',
      summary: 'List types of rules',
      permission: 'rule_type_list',
      query: { limit: 'integer', offset: 'integer' },
      handle: async ({ query, requester }) => {
        const { offset, limit } = readPage(query, requester, config.api.max_page_size);
        return { body: RULE_TYPES.slice(offset, limit === undefined ? undefined : offset + limit) };
      },
    },
    {
      method: 'GET',
      path: '/ruletypes/:id',
      summary: 'One type of rules',
      permission: 'rule_type_view',
      handle: async ({ params }) => {
        const body = RULE_TYPES.find(({ id, name }) => id === params.id || name === params.id);
        if (body === undefined) throw missing(params.id ?? '');
        return { body };
      },
    },
  ];
}
