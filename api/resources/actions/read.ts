import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { NotFoundError } from '../../../core/errors.ts';
import { isId } from '../../../stores/collection.ts';
import type { Action, RunnerType } from '../../../stores/records.ts';
import { contentSubject } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { notAnId } from '../../lists/filters.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { packFilePath } from '../../packs/pack-files.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { ACTION_LIST } from './rules.ts';

/** Parameters as a caller sees them: the runner's, with the action's over them. */
export function mergedParameters(action: Action, runner: RunnerType | undefined): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...runner?.runner_parameters };
  for (const [name, schema] of Object.entries(action.parameters)) {
    const inherited = Object.hasOwn(merged, name) ? (merged[name] as object) : {};
    merged[name] = { ...inherited, ...schema };
  }
  return merged;
}

async function withParameters({ stores }: ApiContext, action: Action): Promise<Record<string, unknown>> {
  return mergedParameters(action, await stores.runnerTypes.findOne({ name: action.runner_type }));
}

/** StackStorm tells of this view in the words of its database. @throws NotFoundError */
async function findForParameters({ stores }: ApiContext, refOrId: string): Promise<Action> {
  const isRef = refOrId.includes('.');
  const found = isRef ? await stores.actions.findOne({ ref: refOrId }) : await stores.actions.get(refOrId);
  if (found !== undefined) return found;
  const kind = isRef ? 'ref' : 'id';
  const missing = `Unable to find the ActionDB instance. {'id': '${refOrId}'}`;
  const noId = isId(refOrId) ? missing : notAnId(refOrId);
  const reason = isRef ? `Referenced action "${refOrId}" doesnt exist` : noId;
  throw new NotFoundError(`Database lookup for ${kind}="${refOrId}" resulted in exception. ${reason}`);
}

async function overviewList(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores, config } = context;
  const runners = new Map((await stores.runnerTypes.find({})).map((runner) => [runner.name, runner]));
  return listRecords(stores.actions, { ...ACTION_LIST, needs: ['parameters', 'runner_type'] }, request, {
    maxPageSize: config.api.max_page_size,
    present: (action) => ({
      ...presentRecord(action),
      parameters: mergedParameters({ ...action, parameters: action.parameters ?? {} }, runners.get(action.runner_type)),
    }),
  });
}

const FILE_TYPES: Readonly<Record<string, string>> = {
  '.yaml': 'application/x-yaml',
  '.yml': 'application/x-yaml',
  '.py': 'text/x-python',
  '.sh': 'application/x-sh',
  '.json': 'application/json',
};

async function entryPoint(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const refOrId = request.params.ref_or_id ?? '';
  const action = await findByRefOrId(context.stores.actions, refOrId);
  const path =
    action.entry_point === '' ? undefined : await packFilePath(context, action.pack, 'actions', action.entry_point);
  if (path === undefined) throw new NotFoundError(`Action ref_or_id=${refOrId} has no entry_point to output`);
  const content = await readFile(path, 'utf8').catch(() => {
    throw new NotFoundError(`Action ref_or_id=${refOrId} has no entry_point to output`);
  });
  return { type: FILE_TYPES[extname(path)] ?? 'text/plain', body: content };
}

/** Routes that read actions. */
export function readRoutes(context: ApiContext): readonly Route[] {
  const { stores, config } = context;
  const subject = contentSubject('action', stores.actions);
  return [
    {
      method: 'GET',
      path: '/actions',
      summary: 'List actions',
      permission: 'action_list',
      query: listParameters(ACTION_LIST),
      handle: (request) => listRecords(stores.actions, ACTION_LIST, request, { maxPageSize: config.api.max_page_size }),
    },
    {
      method: 'GET',
      path: '/actions/views/overview',
      summary: 'List actions with the parameters of their runners',
      permission: 'action_list',
      query: listParameters(ACTION_LIST),
      handle: (request) => overviewList(context, request),
    },
    {
      method: 'GET',
      path: '/actions/views/overview/:ref_or_id',
      summary: 'One action with the parameters of its runner',
      permission: 'action_view',
      subject,
      handle: async ({ params }) => {
        const action = await findByRefOrId(stores.actions, params.ref_or_id ?? '');
        return { body: { ...presentRecord(action), parameters: await withParameters(context, action) } };
      },
    },
    {
      method: 'GET',
      path: '/actions/views/parameters/:ref_or_id',
      summary: 'Parameters of an action and of its runner',
      permission: 'action_view',
      subject,
      handle: async ({ params }) => {
        const action = await findForParameters(context, params.ref_or_id ?? '');
        return { body: { parameters: await withParameters(context, action) } };
      },
    },
    {
      method: 'GET',
      path: '/actions/views/entry_point/:ref_or_id',
      produces: '*/*',
      summary: "Text of an action's program or workflow",
      permission: 'action_view',
      subject,
      handle: (request) => entryPoint(context, request),
    },
    {
      method: 'GET',
      path: '/actions/:ref_or_id',
      summary: 'One action',
      permission: 'action_view',
      subject,
      handle: async ({ params }) => ({
        body: presentRecord(await findByRefOrId(stores.actions, params.ref_or_id ?? '')),
      }),
    },
  ];
}
