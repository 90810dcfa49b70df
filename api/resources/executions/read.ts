/** Reading executions: lists, one, its children, attributes and output. */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { errorCode, NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { ApiContext } from '../../context.ts';
import { type Attributes, readAttributes } from '../../lists/attributes.ts';
import { assertId, assertIds, readSpan, toFilter } from '../../lists/filters.ts';
import { findById } from '../../lists/find.ts';
import { listHeaders, listParameters } from '../../lists/list.ts';
import { readPage } from '../../lists/paging.ts';
import { readSort, type Sort } from '../../lists/sorting.ts';
import { storedOutput } from '../../lists/stored-output.ts';
import { countTotal } from '../../lists/total.ts';
import { ownOnly } from '../../server/authorize.ts';
import type { Query } from '../../server/query.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { narrow, needsResult } from './attributes.ts';
import { descendantsOf } from './descendants.ts';
import { createFilterValues, type FilterValues } from './filter-values.ts';
import { ADVANCED_PATHS, EXECUTION_FILTERS, EXECUTION_LIST, FILTER_VIEWS } from './rules.ts';
import { EXECUTION } from './schema.ts';
import { executionSubject } from './subject.ts';

const ATTRIBUTES = ['result', 'trigger_instance', 'status'];
const MAX_RESULT_SIZE = 14 * 1024 * 1024;
const SORTABLE = Object.fromEntries([
  ...Object.entries(EXECUTION_FILTERS).map(([name, rule]) => [name, rule.field]),
  ['id', 'id'],
]);

/** Whether the requester may see secrets and asks for them. */
export function showsSecrets(request: ApiRequest): boolean {
  return request.requester.isAdmin && request.query.flag('show_secrets');
}

/** Finds an execution; `last` is the newest. @throws NotFoundError */
export async function findExecution(context: ApiContext, id: string, exclude?: readonly string[]): Promise<Execution> {
  const { executions } = context.stores;
  if (id !== 'last') {
    const found = exclude === undefined ? await findById(executions, id) : await executions.get(id, { exclude });
    if (found === undefined) throw new NotFoundError(`Unable to identify resource with id "${id}".`);
    return found;
  }
  const newest = await executions.findOne({}, { sort: { start_timestamp: -1 } });
  if (newest === undefined) throw new ValidationError('No executions found in the database');
  return newest;
}

async function presentAll(
  context: ApiContext,
  executions: readonly Execution[],
  attributes: Attributes,
  showSecrets: boolean,
): Promise<Record<string, unknown>[]> {
  const presented = await context.actions.present(executions, { ...attributes, showSecrets });
  return presented.map((execution) => narrow(execution, attributes));
}

function sortOf(query: Query): Sort {
  const descending = query.has('timestamp_lt') || query.has('sort_desc');
  const ascending = query.has('timestamp_gt') || query.has('sort_asc');
  const order = spanOrder(query.text('timestamp')) ?? (ascending && !descending ? 1 : -1);
  return readSort(query.text('sort'), SORTABLE, { start_timestamp: order });
}

/** A span of time is listed in the direction in which it is written. */
function spanOrder(span: string | undefined): 1 | -1 | undefined {
  if (span?.includes('..') !== true) return undefined;
  const [from, to] = readSpan(span);
  return from < to ? 1 : -1;
}

/** Parameters cannot be filtered by: who may not see a secret could guess it. */
const CONTEXT_PATH = /^context(?:\.[\w-]+)+$/;

/** `filter=path:value path:value`. */
function advancedFilter(given: string | undefined): Record<string, unknown> {
  const filter: Record<string, unknown> = {};
  const paths = { ...EXECUTION_FILTERS, ...ADVANCED_PATHS };
  for (const token of given?.split(' ') ?? []) {
    const at = token.indexOf(':');
    if (at === -1) throw new ValidationError(`invalid format for filter "${token}"`);
    const path = token.slice(0, at);
    const rule = Object.hasOwn(paths, path) ? paths[path] : undefined;
    const field = rule?.field ?? (CONTEXT_PATH.test(path) ? path : undefined);
    if (field === undefined) throw new ValidationError(`Cannot resolve field "${unresolved(path)}"`);
    const value = token.slice(at + 1);
    filter[field] = value.toLowerCase() === 'null' ? null : value;
  }
  return filter;
}

/** The part of a path that there is not: the first one, or what is below an attribute that is there. */
function unresolved(path: string): string {
  const [root = '', below] = path.split('.');
  return below !== undefined && EXECUTION_LIST.known.includes(root) ? below : root;
}

async function list(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { query, requester } = request;
  const attributes = readAttributes(query, EXECUTION_LIST);
  const page = readPage(query, requester, context.config.api.max_page_size, EXECUTION_LIST.defaultLimit);
  assertIds(query);
  const ids = query.list('id');
  const filter = {
    ...toFilter(EXECUTION_FILTERS, query),
    ...(ids === undefined ? {} : { id: ids.length === 1 ? ids[0] : { $in: ids } }),
    ...advancedFilter(query.text('filter')),
    ...ownOnly(context.config, requester),
  };
  const { executions } = context.stores;
  const [found, total] = await Promise.all([
    executions.find(filter, {
      ...page,
      sort: sortOf(query),
      ...(needsResult(attributes) ? {} : { exclude: ['result'] }),
    }),
    countTotal(executions, filter),
  ]);
  return {
    headers: listHeaders(total, page),
    body: await presentAll(context, found, attributes, showsSecrets(request)),
  };
}

async function one(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { query, params } = request;
  const attributes = readAttributes(query, EXECUTION_LIST, 'one');
  const limit = query.integer('max_result_size');
  if (limit !== undefined && limit < 0) throw new ValidationError('max_result_size must be a positive number');
  if (limit !== undefined && limit > MAX_RESULT_SIZE)
    throw new ValidationError('max_result_size query parameter must be smaller than 14 MB');
  const execution = await findExecution(context, params.id ?? '', needsResult(attributes) ? undefined : ['result']);
  const [presented = {}] = await presentAll(context, [execution], attributes, showsSecrets(request));
  if (limit === undefined || limit === 0 || Number(presented.result_size ?? 0) <= limit) return { body: presented };
  const { result: _tooLarge, ...rest } = presented;
  return { body: rest };
}

async function attribute(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const name = request.params.attribute ?? '';
  if (!ATTRIBUTES.includes(name)) {
    throw new ValidationError(`Invalid attribute "${name}" specified. Valid attributes are: ${ATTRIBUTES.join(', ')}`);
  }
  const id = request.params.id ?? '';
  if (id !== 'last') assertId(id);
  const execution = await findExecution(context, id);
  const [presented = {}] = await context.actions.present([execution], { include: [name] });
  return { body: presented[name] ?? {} };
}

async function children(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const execution = await findExecution(context, request.params.id ?? '', ['result']);
  const depth = request.query.integer('depth') ?? -1;
  const found = await descendantsOf(context.stores, execution.id, depth, request.query.text('result_fmt') ?? 'default');
  return { body: await presentAll(context, found, {}, showsSecrets(request)) };
}

async function output(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const execution = await findExecution(context, request.params.id ?? '', ['result']);
  const type = request.query.text('output_type') ?? 'all';
  const wanted = { executionId: execution.id, ...(type === 'all' ? {} : { type }) };
  const pages = storedOutput(context.stores, wanted);
  // Before the answer begins: afterwards no status can tell that the database is away.
  const first = await pages.next();
  async function* texts() {
    for (let page = first; page.done !== true; page = await pages.next())
      yield page.value.map((piece) => piece.data).join('');
  }
  return { type: 'text/plain; charset=utf-8', body: Readable.from(texts()) };
}

async function rawResult(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const id = request.params.id ?? '';
  if (id !== 'last') assertId(id);
  const execution = await findExecution(context, id).catch((error: unknown) => {
    if (errorCode(error) === 'NOT_FOUND') throw new NotFoundError('The resource could not be found.');
    throw error;
  });
  const [presented = {}] = await context.actions.present([execution], { include: ['result'] });
  const text = JSON.stringify(presented.result ?? {}, undefined, request.query.flag('pretty_format') ? 2 : undefined);
  const compress = request.query.flag('compress');
  const name = `execution_${execution.id}_result.json${compress ? '.gz' : ''}`;
  return {
    type: compress ? 'application/x-gzip' : 'text/json',
    headers: {
      ...(request.query.flag('download') ? { 'content-disposition': `attachment; filename=${name}` } : {}),
      ...(compress ? { 'content-encoding': 'gzip' } : {}),
    },
    body: compress ? gzipSync(text) : text,
  };
}

async function filterViews(values: FilterValues, request: ApiRequest): Promise<Answer> {
  const types = request.query.list('types');
  const all = types === undefined && !request.query.isEmpty('types');
  const names = Object.keys(FILTER_VIEWS).filter((name) => all || types?.includes(name) === true);
  return { body: await values(names) };
}

/** Routes that read. */
export function readRoutes(context: ApiContext): readonly Route[] {
  const shown = { include_attributes: 'list', exclude_attributes: 'list', show_secrets: 'boolean' } as const;
  const subject = executionSubject(context);
  const filterValues = createFilterValues(context.stores);
  return [
    {
      method: 'GET',
      path: '/executions',
      summary: 'List executions, newest first',
      permission: 'execution_list',
      query: {
        ...listParameters(EXECUTION_LIST),
        ...shown,
        sort_asc: 'string',
        sort_desc: 'string',
        filter: 'string',
      },
      response: { description: 'Executions', type: 'array', items: EXECUTION },
      handle: (request) => list(context, request),
    },
    {
      method: 'GET',
      path: '/executions/views/filters',
      summary: 'Values that executions can be filtered by',
      permission: 'execution_list',
      query: { types: 'list' },
      handle: (request) => filterViews(filterValues, request),
    },
    {
      method: 'GET',
      path: '/executions/:id',
      summary: 'One execution',
      permission: 'execution_view',
      subject,
      query: { ...shown, max_result_size: 'integer' },
      response: { description: 'The execution', ...EXECUTION },
      handle: (request) => one(context, request),
    },
    {
      method: 'GET',
      path: '/executions/:id/attribute/:attribute',
      summary: 'One attribute of an execution',
      permission: 'execution_view',
      subject,
      handle: (request) => attribute(context, request),
    },
    {
      method: 'GET',
      path: '/executions/:id/children',
      summary: 'What an execution ran',
      permission: 'execution_view',
      subject,
      query: { depth: 'integer', result_fmt: 'string', show_secrets: 'boolean' },
      response: { description: 'Executions', type: 'array', items: EXECUTION },
      handle: (request) => children(context, request),
    },
    {
      method: 'GET',
      path: '/executions/:id/output',
      produces: '*/*',
      summary: 'Output of an execution so far',
      permission: 'execution_view',
      subject,
      query: { output_type: 'string', output_format: 'string', existing_only: 'boolean' },
      handle: (request) => output(context, request),
    },
    {
      method: 'GET',
      path: '/executions/:id/result',
      produces: '*/*',
      summary: 'Result of an execution as a file',
      permission: 'execution_view',
      subject,
      query: { download: 'boolean', compress: 'boolean', pretty_format: 'boolean' },
      handle: (request) => rawResult(context, request),
    },
  ];
}
