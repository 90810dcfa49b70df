import { NotFoundError } from '../../../core/errors.ts';
import type { Pack } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { text } from '../../lists/filters.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';

const LIST: ListRules = {
  filters: { ref: text('ref') },
  sort: { ref: 1 },
  defaultLimit: 100,
  always: ['id'],
  known: [
    'ref',
    'uid',
    'name',
    'description',
    'keywords',
    'version',
    'stackstorm_version',
    'python_versions',
    'author',
    'email',
    'contributors',
    'files',
    'dependencies',
    'system',
    'path',
  ],
};

/** A pack by its reference or id. @throws NotFoundError */
export async function findPack({ stores }: ApiContext, refOrId: string): Promise<Pack> {
  const found = (await stores.packs.findOne({ ref: refOrId })) ?? (await stores.packs.get(refOrId));
  if (found === undefined) throw new NotFoundError(`Resource with a ref or id "${refOrId}" not found`);
  return found;
}

export function readRoutes(context: ApiContext): readonly Route[] {
  const { stores, config } = context;
  return [
    {
      method: 'GET',
      path: '/packs',
      summary: 'List registered packs',
      permission: 'pack_list',
      query: listParameters(LIST),
      handle: (request) => listRecords(stores.packs, LIST, request, { maxPageSize: config.api.max_page_size }),
    },
    {
      method: 'GET',
      path: '/packs/:ref_or_id',
      summary: 'One pack',
      permission: 'pack_view',
      resourceUid: ({ ref_or_id: ref }) => `pack:${ref}`,
      handle: async ({ params }) => ({ body: presentRecord(await findPack(context, params.ref_or_id ?? '')) }),
    },
  ];
}
