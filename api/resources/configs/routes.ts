import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { NotFoundError } from '../../../core/errors.ts';
import { maskSecrets, type ParameterSchemas, validateConfig } from '../../../core/params/index.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { assertIds } from '../../lists/filters.ts';
import { listHeaders } from '../../lists/list.ts';
import { readPage } from '../../lists/paging.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { showsSecrets } from '../executions/read.ts';
import { findPack } from '../packs/read.ts';

const PAGE = 100;
const QUERY = { limit: 'integer', offset: 'integer', sort: 'string', id: 'list', name: 'list' } as const;

type Values = Readonly<Record<string, unknown>>;

async function schemaOf({ stores }: ApiContext, pack: string): Promise<ParameterSchemas | undefined> {
  return (await stores.configSchemas.findOne({ pack }))?.attributes as ParameterSchemas | undefined;
}

async function present(context: ApiContext, record: OpenRecord, showSecrets: boolean): Promise<Values> {
  const presented = presentRecord(record);
  if (showSecrets || !context.config.api.mask_secrets) return presented;
  const schema = await schemaOf(context, String(record.pack));
  return schema === undefined ? presented : { ...presented, values: maskSecrets(schema, presented.values) };
}

async function list(
  context: ApiContext,
  request: ApiRequest,
  collection: 'configs' | 'configSchemas',
): Promise<Answer> {
  const page = readPage(request.query, request.requester, context.config.api.max_page_size, PAGE);
  const store = context.stores[collection];
  assertIds(request.query);
  const ids = request.query.list('id');
  const filter = ids === undefined ? {} : { id: { $in: ids } };
  const [records, total] = await Promise.all([store.find(filter, { ...page, sort: { pack: 1 } }), store.count(filter)]);
  const show = showsSecrets(request);
  const body = await Promise.all(
    records.map(async (record) => (collection === 'configs' ? present(context, record, show) : presentRecord(record))),
  );
  return { headers: listHeaders(total, page), body };
}

function configsFolder({ config }: ApiContext): string {
  return config.packs.configs_path === '' ? join(config.system.data_dir, 'configs') : config.packs.configs_path;
}

async function writeConfig(context: ApiContext, pack: string, values: Values): Promise<void> {
  const folder = configsFolder(context);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${pack}.yaml`);
  // Configurations hold secrets, and a reader must never see half of one, nor of two that are written at once.
  const made = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(made, stringify(values), { mode: 0o600 });
    await rename(made, file);
  } finally {
    await rm(made, { force: true });
  }
}

async function put(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores } = context;
  const pack = request.params.pack_ref ?? '';
  const values = request.body as Values;
  if ((await stores.packs.findOne({ ref: pack })) === undefined || !/^[a-z0-9_-]+$/i.test(pack))
    throw new NotFoundError(`Unable to find the ConfigSchemaDB instance. {'pack': '${pack}'}`);
  const schema = await schemaOf(context, pack);
  if (schema !== undefined) validateConfig(pack, schema, values);
  await writeConfig(context, pack, values);
  const record = await stores.configs.upsert({ pack }, { pack, values });
  return { body: await present(context, record, showsSecrets(request)) };
}

async function one(context: ApiContext, request: ApiRequest, collection: 'configs' | 'configSchemas'): Promise<Answer> {
  const pack = request.params.pack_ref ?? '';
  if (collection === 'configSchemas') await findPack(context, pack);
  const record = await context.stores[collection].findOne({ pack });
  if (record === undefined) throw new NotFoundError(`Unable to identify resource with pack_ref "${pack}".`);
  return {
    body: collection === 'configs' ? await present(context, record, showsSecrets(request)) : presentRecord(record),
  };
}

export function configRoutes(context: ApiContext): readonly Route[] {
  const shown = { show_secrets: 'boolean' } as const;
  const resourceUid: Route['resourceUid'] = ({ pack_ref: pack }) => `pack:${pack}`;
  return [
    {
      method: 'GET',
      path: '/configs',
      summary: 'List configurations of packs',
      permission: 'pack_list',
      query: { ...QUERY, ...shown },
      handle: (request) => list(context, request, 'configs'),
    },
    {
      method: 'GET',
      path: '/configs/:pack_ref',
      summary: 'The configuration of a pack',
      permission: 'pack_view',
      resourceUid,
      query: shown,
      handle: (request) => one(context, request, 'configs'),
    },
    {
      method: 'PUT',
      path: '/configs/:pack_ref',
      summary: 'Set the configuration of a pack',
      permission: 'pack_config',
      resourceUid,
      query: shown,
      body: { type: 'object' },
      handle: (request) => put(context, request),
    },
    {
      method: 'GET',
      path: '/config_schemas',
      summary: 'List schemas of configurations',
      permission: 'pack_list',
      query: QUERY,
      handle: (request) => list(context, request, 'configSchemas'),
    },
    {
      method: 'GET',
      path: '/config_schemas/:pack_ref',
      summary: 'The schema of the configuration of a pack',
      permission: 'pack_view',
      resourceUid,
      handle: (request) => one(context, request, 'configSchemas'),
    },
  ];
}
