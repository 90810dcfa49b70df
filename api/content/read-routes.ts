import type { Collection } from '../../stores/collection.ts';
import type { OpenContent } from '../../stores/records.ts';
import type { ApiContext } from '../context.ts';
import { findByRefOrId } from '../lists/find.ts';
import { type ListRules, listParameters, listRecords } from '../lists/list.ts';
import { presentRecord } from '../lists/presentation.ts';
import type { Permission, Route } from '../server/route.ts';
import { contentSubject } from './uid.ts';

/** A kind of content of packs that is found by `pack.name` or id. */
export interface ContentKind {
  /** `/sensortypes` */
  readonly path: string;
  /** Of permissions: `sensor_type` in `sensor_type_view`. */
  readonly kind: string;
  /** For summaries: `sensor`. */
  readonly title: string;
  readonly list: ListRules;
  readonly collection: Collection<OpenContent>;
  readonly present?: (record: OpenContent) => Record<string, unknown>;
}

/** `GET <path>` and `GET <path>/{ref_or_id}`. */
export function contentReadRoutes({ config }: ApiContext, content: ContentKind): readonly Route[] {
  const present = content.present ?? presentRecord;
  return [
    {
      method: 'GET',
      path: content.path,
      summary: `List ${content.title}s`,
      permission: `${content.kind}_list` as Permission,
      query: listParameters(content.list),
      handle: (request) =>
        listRecords(content.collection, content.list, request, { maxPageSize: config.api.max_page_size, present }),
    },
    {
      method: 'GET',
      path: `${content.path}/:ref_or_id`,
      summary: `One ${content.title}`,
      permission: `${content.kind}_view` as Permission,
      subject: contentSubject(content.kind, content.collection),
      handle: async ({ params }) => ({
        body: present(await findByRefOrId(content.collection, params.ref_or_id ?? '')),
      }),
    },
  ];
}
