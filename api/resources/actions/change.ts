/** Making, changing, removing and copying actions. */
import { extname } from 'node:path';
import { ValidationError } from '../../../core/errors.ts';
import type { Action } from '../../../stores/records.ts';
import { assertNotSystemPack, assertRefParts, replaceBy } from '../../content/rules.ts';
import { contentSubject, contentUid, newContentSubject } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { StagedFiles } from '../../packs/stage-files.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { removeActionFiles, stageActionFiles, stageDataFiles } from './files.ts';
import { ACTION, type ActionBody, CLONE, OUTPUT_SCHEMA_DEFAULTS } from './schema.ts';
import { assertAction } from './validate.ts';

function toRecord(body: ActionBody, defaultPack: string, metadataFile: string): Omit<Action, 'id'> {
  const pack = body.pack ?? defaultPack;
  if (pack !== '') assertRefParts(pack, body.name);
  return {
    tags: body.tags ?? [],
    uid: contentUid('action', { pack, name: body.name }),
    metadata_file: metadataFile,
    name: body.name,
    ref: `${pack}.${body.name}`,
    ...(typeof body.description === 'string' ? { description: body.description } : {}),
    enabled: body.enabled ?? true,
    entry_point: body.entry_point ?? '',
    pack,
    runner_type: body.runner_type,
    parameters: body.parameters ?? {},
    output_schema: { ...OUTPUT_SCHEMA_DEFAULTS, ...body.output_schema },
    notify: body.notify ?? {},
  };
}

async function create(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const body = request.body as ActionBody;
  const record = toRecord(body, 'default', body.metadata_file ?? '');
  assertNotSystemPack(record.pack);
  await assertAction(context, record);
  const files = await stageDataFiles(context, record, body.data_files ?? []);
  return withFiles(files, async () => ({ body: presentRecord(await context.stores.actions.insert(record)) }));
}

async function update(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores } = context;
  const known = await findByRefOrId(stores.actions, request.params.ref_or_id ?? '');
  const body = request.body as ActionBody;
  const record = toRecord(body, known.pack, known.metadata_file ?? '');
  assertNotSystemPack(known.pack);
  assertNotSystemPack(record.pack);
  // It may be moved to another pack: to where, its author must be allowed to write as well.
  await context.authorizer.assertAllowed(request.requester, 'action_modify', record.uid);
  await assertAction(context, record);
  const files = await stageDataFiles(context, record, body.data_files ?? []);
  return withFiles(files, async () => {
    const changed = await stores.actions.updateOne({ id: known.id }, replaceBy(record));
    return { body: presentRecord(changed ?? known) };
  });
}

/** Files come to their places once the change that they belong to is stored. */
async function withFiles(files: Pick<StagedFiles, 'put' | 'discard'>, change: () => Promise<Answer>): Promise<Answer> {
  try {
    const answer = await change();
    await files.put();
    return answer;
  } finally {
    await files.discard();
  }
}

async function remove(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores } = context;
  const known = await findByRefOrId(stores.actions, request.params.ref_or_id ?? '');
  assertNotSystemPack(known.pack);
  const { remove_files: removeFiles } = (request.body ?? {}) as { remove_files?: boolean };
  await stores.actions.removeOne({ id: known.id });
  if (removeFiles !== true) return {};
  await removeActionFiles(context, known).catch(async (error: unknown) => {
    // An action whose files cannot be removed stays.
    await stores.actions.insert(known);
    throw error;
  });
  return {};
}

async function clone(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { stores } = context;
  const source = await findByRefOrId(stores.actions, request.params.ref_or_id ?? '');
  const {
    dest_pack: pack,
    dest_action: name,
    overwrite = false,
  } = request.body as {
    dest_pack: string;
    dest_action: string;
    overwrite?: boolean;
  };
  if (!/^[\w-]+$/.test(name)) throw new ValidationError(`"${name}" is not a name of an action.`);
  if ((await stores.packs.findOne({ ref: pack })) === undefined)
    throw new ValidationError(`Destination pack '${pack}' doesn't exist`);
  assertNotSystemPack(pack);
  if (source.pack === pack && source.name === name)
    throw new ValidationError(`The action "${source.ref}" cannot be copied onto itself.`);
  const existing = await stores.actions.findOne({ ref: `${pack}.${name}` });
  if (existing !== undefined && !overwrite)
    throw new ValidationError('The requested destination action already exists');
  const { authorizer } = context;
  await authorizer.assertAllowed(request.requester, 'action_view', source.uid);
  if (existing !== undefined) await authorizer.assertAllowed(request.requester, 'action_delete', existing.uid);
  const { id: _id, ...copied } = source;
  const record = {
    ...copied,
    name,
    pack,
    ref: `${pack}.${name}`,
    uid: contentUid('action', { pack, name }),
    entry_point: entryPointOf(source, name),
    metadata_file: `actions/${name}.yaml`,
  };
  const files = await stageActionFiles(context, source, record);
  return withFiles(files, async () => {
    const action = await stores.actions.upsert({ ref: record.ref }, record);
    if (existing !== undefined) await removeActionFiles(context, existing, action);
    return { body: presentRecord(action) };
  });
}

/** The program's name in the copy: in the same folder, named after the new action. */
function entryPointOf({ entry_point: entryPoint }: Action, name: string): string {
  if (entryPoint === '') return '';
  const folder = entryPoint.includes('/') ? `${entryPoint.slice(0, entryPoint.lastIndexOf('/'))}/` : '';
  return `${folder}${name}${extname(entryPoint)}`;
}

/** Routes that change actions. */
export function changeRoutes(context: ApiContext): readonly Route[] {
  const subject = contentSubject('action', context.stores.actions);
  return [
    {
      method: 'POST',
      path: '/actions',
      summary: 'Make an action',
      permission: 'action_create',
      subject: newContentSubject('action'),
      body: ACTION,
      success: 201,
      handle: (request) => create(context, request),
    },
    {
      method: 'PUT',
      path: '/actions/:ref_or_id',
      summary: 'Change an action',
      permission: 'action_modify',
      subject,
      body: ACTION,
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/actions/:ref_or_id',
      summary: 'Remove an action, with its files if asked for',
      permission: 'action_delete',
      subject,
      body: { type: 'object', properties: { remove_files: { type: 'boolean' } }, additionalProperties: false },
      success: 204,
      handle: (request) => remove(context, request),
    },
    {
      method: 'POST',
      path: '/actions/:ref_or_id/clone',
      summary: 'Copy an action into a pack',
      permission: 'action_create',
      subject: async ({ body }) => {
        const { dest_pack: pack, dest_action: name } = body as {
          readonly dest_pack: string;
          readonly dest_action: string;
        };
        return { uid: contentUid('action', { pack, name }) };
      },
      body: CLONE,
      success: 201,
      handle: (request) => clone(context, request),
    },
  ];
}
