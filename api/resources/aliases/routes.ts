import type { OpenContent } from '../../../stores/records.ts';
import { contentReadRoutes } from '../../content/read-routes.ts';
import { assertRefParts, contentList, NAME, READ_BACK, replaceBy } from '../../content/rules.ts';
import { contentSubject, contentUid, newContentSubject } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { findByRefOrId } from '../../lists/find.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { BEST_MATCH, type JsonSchema } from '../../server/json-schema.ts';
import type { ApiRequest, Route } from '../../server/route.ts';
import { showsSecrets } from '../executions/read.ts';
import { type AliasRequest, executeAlias } from './execute.ts';
import { helpOf } from './help.ts';
import { matchCommand } from './match.ts';

const LIST = contentList(['enabled', 'action_ref', 'formats', 'ack', 'result', 'extra', 'immutable_parameters'], {
  defaultLimit: 100,
  byId: false,
});

const STRUCTURED: JsonSchema = {
  type: 'object',
  properties: { display: { type: 'string' }, representation: { type: 'array', items: { type: 'string' } } },
};
const FORMAT: JsonSchema = { anyOf: [{ type: 'string' }, STRUCTURED] };

const MESSAGE = {
  enabled: { type: ['boolean', 'null'] },
  format: { type: ['string', 'null'] },
  extra: { type: ['object', 'null'] },
} as const;

const ALIAS: JsonSchema = {
  ...BEST_MATCH,
  type: 'object',
  properties: {
    ...READ_BACK,
    name: NAME,
    pack: { type: 'string' },
    description: { type: ['string', 'null'] },
    enabled: { type: 'boolean', nullable: true },
    action_ref: { type: 'string' },
    formats: { type: ['array', 'null'], items: FORMAT },
    ack: { type: ['object', 'null'], properties: { ...MESSAGE, append_url: { type: ['boolean', 'null'] } } },
    result: { type: ['object', 'null'], properties: MESSAGE },
    extra: { type: ['object', 'null'] },
    immutable_parameters: { type: ['object', 'null'] },
  },
  required: ['name', 'pack', 'action_ref'],
  additionalProperties: false,
};

/** StackStorm takes further fields and ignores them. */
const COMMAND: JsonSchema = {
  type: 'object',
  required: ['command'],
  properties: { command: { type: 'string' } },
};

const optional = { type: ['string', 'null'] } as const;

const EXECUTION: JsonSchema = {
  ...BEST_MATCH,
  type: 'object',
  properties: {
    name: { type: 'string' },
    format: { type: 'string' },
    command: { type: 'string' },
    user: optional,
    source_channel: optional,
    source_context: { type: ['object', 'null'] },
    notification_channel: optional,
    notification_route: optional,
  },
  required: ['name', 'format', 'command', 'source_channel'],
  additionalProperties: false,
};

const MATCH_AND_EXECUTE: JsonSchema = {
  type: 'object',
  required: ['command', 'source_channel', 'user'],
  properties: {
    command: { type: 'string' },
    user: optional,
    source_channel: optional,
    source_context: { type: ['object', 'null'] },
    notification_channel: optional,
    notification_route: optional,
  },
  additionalProperties: false,
};

const DEFAULT_USER = 'channel';
const HELP_PAGE = 100;

function toRecord(body: Readonly<Record<string, unknown>>): Omit<OpenContent, 'id'> {
  const { name, pack } = body as { name: string; pack: string };
  assertRefParts(pack, name);
  return {
    uid: contentUid('action_alias', { pack, name }),
    metadata_file: '',
    name,
    ref: `${pack}.${name}`,
    ...(typeof body.description === 'string' ? { description: body.description } : {}),
    pack,
    enabled: body.enabled ?? true,
    action_ref: body.action_ref,
    formats: body.formats ?? [],
    ack: body.ack ?? {},
    result: body.result ?? {},
    extra: body.extra ?? {},
    immutable_parameters: body.immutable_parameters ?? {},
  };
}

async function matchAndExecute(context: ApiContext, request: ApiRequest): Promise<readonly unknown[]> {
  const body = request.body as Omit<AliasRequest, 'name' | 'format'>;
  const match = await matchCommand(context, body.command);
  return executeAlias(
    context,
    { ...body, name: match.alias.name, format: match.representation },
    { requester: request.requester, showSecrets: showsSecrets(request), matchMultiple: match.matchMultiple },
  );
}

/** Which action a command runs is known once its alias is found: {@link executeAlias} asks whether it may be run. */
const behindAlias: NonNullable<Route['subject']> = async () => undefined;

export function aliasRoutes(context: ApiContext): readonly Route[] {
  const { stores } = context;
  const subject = contentSubject('action_alias', stores.aliases);
  return [
    {
      method: 'POST',
      path: '/actionalias/match',
      summary: 'The alias that a chat command fits',
      permission: 'action_alias_match',
      body: COMMAND,
      handle: async ({ body }) => {
        const match = await matchCommand(context, (body as { command: string }).command);
        return {
          body: {
            actionalias: presentRecord(match.alias),
            display: match.display ?? null,
            representation: match.representation,
          },
        };
      },
    },
    {
      method: 'GET',
      path: '/actionalias/help',
      summary: 'Help texts of chat commands',
      permission: 'action_alias_help',
      query: { pack: 'string', filter: 'string', limit: 'integer', offset: 'integer' },
      handle: async ({ query }) => {
        const aliases = await stores.aliases.find({}, { sort: { pack: 1, name: 1 } });
        const filter = query.text('filter');
        const pack = query.text('pack');
        const body = helpOf(aliases, {
          ...(filter === undefined ? {} : { filter }),
          ...(pack === undefined ? {} : { pack }),
          limit: query.integer('limit') ?? HELP_PAGE,
          offset: query.integer('offset') ?? 0,
        });
        return { body };
      },
    },
    ...contentReadRoutes(context, {
      path: '/actionalias',
      kind: 'action_alias',
      title: 'alias',
      list: LIST,
      collection: stores.aliases,
    }),
    {
      method: 'POST',
      path: '/actionalias',
      summary: 'Make an alias',
      permission: 'action_alias_create',
      subject: newContentSubject('action_alias'),
      body: ALIAS,
      success: 201,
      handle: async ({ body }) => ({
        body: presentRecord(await stores.aliases.insert(toRecord(body as Readonly<Record<string, unknown>>))),
      }),
    },
    {
      method: 'PUT',
      path: '/actionalias/:ref_or_id',
      summary: 'Change an alias',
      permission: 'action_alias_modify',
      subject,
      body: ALIAS,
      handle: async ({ params, body, requester }) => {
        const known = await findByRefOrId(stores.aliases, params.ref_or_id ?? '');
        const record = toRecord(body as Readonly<Record<string, unknown>>);
        await context.authorizer.assertAllowed(requester, 'action_alias_modify', String(record.uid));
        const changed = await stores.aliases.updateOne(
          { id: known.id },
          replaceBy({ ...record, metadata_file: known.metadata_file ?? '' }),
        );
        return { body: presentRecord(changed ?? known) };
      },
    },
    {
      method: 'DELETE',
      path: '/actionalias/:ref_or_id',
      summary: 'Remove an alias',
      permission: 'action_alias_delete',
      subject,
      success: 204,
      handle: async ({ params }) => {
        const known = await findByRefOrId(stores.aliases, params.ref_or_id ?? '');
        await stores.aliases.removeOne({ id: known.id });
        return {};
      },
    },
    {
      method: 'POST',
      path: '/aliasexecution',
      summary: 'Run a chat command by a named alias',
      permission: 'action_execute',
      subject: behindAlias,
      query: { show_secrets: 'boolean' },
      body: EXECUTION,
      success: 201,
      handle: async (request) => {
        const body = { user: DEFAULT_USER, ...(request.body as AliasRequest) };
        const [first] = await executeAlias(context, body, {
          requester: request.requester,
          showSecrets: showsSecrets(request),
          matchMultiple: false,
        });
        return { body: first };
      },
    },
    {
      method: 'POST',
      path: '/aliasexecution/match_and_execute',
      summary: 'Find the alias of a chat command and run it',
      permission: 'action_execute',
      subject: behindAlias,
      query: { show_secrets: 'boolean' },
      body: MATCH_AND_EXECUTE,
      success: 201,
      handle: async (request) => ({ body: { results: await matchAndExecute(context, request) } }),
    },
  ];
}
