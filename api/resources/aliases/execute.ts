/** Runs what a chat command asks for. */
import { parameterTypes } from '../../../action-service/parameter-types.ts';
import { errorCode, errorMessage, NotFoundError, ValidationError } from '../../../core/errors.ts';
import { renderTemplate } from '../../../core/expressions/stackstorm.ts';
import { ParamCastError, withKeyValues } from '../../../core/params/index.ts';
import { keyValueRoot } from '../../../core/params/key-value-lookup.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { OpenContent } from '../../../stores/records.ts';
import { uidOf } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Requester } from '../../server/route.ts';
import { formatsOf } from './formats.ts';
import { parseCommand, parseCommandRepeatedly } from './parse-command.ts';

type Values = Readonly<Record<string, unknown>>;

export interface AliasRequest {
  readonly name: string;
  readonly format: string;
  readonly command: string;
  readonly user?: string | null;
  readonly source_channel: string | null;
  readonly source_context?: unknown;
  readonly notification_channel?: string | null;
  readonly notification_route?: string | null;
}

export interface ExecuteOptions {
  readonly requester: Requester;
  readonly showSecrets: boolean;
  readonly matchMultiple: boolean;
}

async function findAlias({ stores }: ApiContext, name: string): Promise<OpenContent> {
  const alias = await stores.aliases.findOne({ name });
  if (alias === undefined) throw new NotFoundError(`Unable to find the ActionAliasDB instance. {'name': '${name}'}`);
  if (alias.enabled === false) throw new ValidationError(`Action alias with name "${name}" is disabled.`);
  return alias;
}

function parametersOf(alias: OpenContent, request: AliasRequest, multiple: boolean): Record<string, unknown>[] {
  const { format, command } = request;
  if (!formatsOf(alias).some(({ representations }) => representations.includes(format)))
    throw new ValidationError(`Format string "${format}" is not available on the alias "${alias.name}"`);
  return multiple ? [...parseCommandRepeatedly(command, format)] : [parseCommand(command, format)];
}

/** Renders the parameters that the alias fixes; a command may not set them. */
async function immutableOf(context: ApiContext, alias: OpenContent, actionContext: Values): Promise<Values> {
  const fixed = alias.immutable_parameters;
  if (!isPlainObject(fixed) || Object.keys(fixed).length === 0) return {};
  const user = String(actionContext.user);
  return withKeyValues(
    ({ scope, key, user: owner }) => context.keyValues.value(scope, key, owner ?? user, false),
    (source) => {
      const names = { st2kv: keyValueRoot(source, user), ...actionContext };
      const options = { decrypt: (text: string) => context.keyValues.decrypt(text) };
      const renderFixed = (name: string, template: string) => {
        try {
          return renderTemplate(template, names, options);
        } catch (error) {
          if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
          const problem = `Immutable parameter "${name}" of alias "${alias.name}" cannot be rendered`;
          throw new ValidationError(`${problem}: ${errorMessage(error)}`, { alias: alias.ref }, error);
        }
      };
      return Object.fromEntries(
        Object.entries(fixed).map(([name, value]) => [
          name,
          typeof value === 'string' ? renderFixed(name, value) : value,
        ]),
      );
    },
  );
}

/** Lists are written with commas in a chat, or as JSON. */
function readLists(parameters: Values, typeOf: (name: string) => string | undefined): Values {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const isList = typeOf(name) === 'array' && typeof value === 'string' && !value.trimStart().startsWith('[');
      return [name, isList ? value.split(',').map((item) => item.trim()) : value];
    }),
  );
}

/** Who writes in a chat sees no schema: the sentence names the parameter and its type. */
function wrongValue(error: ParamCastError, given: Values, typeOf: (name: string) => string | undefined) {
  const name = String(error.details.parameter);
  const of = `for parameter "${name}" of type "${typeOf(name)}"`;
  return new ValidationError(
    `Failed to cast value "${String(given[name])}" ${of}: ${errorMessage(error.cause)}`,
    { parameter: name },
    error,
  );
}

function render(template: unknown, names: Values, field: string): unknown {
  try {
    if (typeof template === 'string') return renderTemplate(template, names);
    if (Array.isArray(template)) return template.map((item) => render(item, names, field));
    if (isPlainObject(template))
      return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, render(item, names, field)]));
    return template;
  } catch (error) {
    return `Cannot render "${field}" in field "ack" for alias. ${errorMessage(error)}`;
  }
}

function acknowledgement(alias: OpenContent, result: Values): Values {
  const { ack } = alias;
  if (!isPlainObject(ack)) return {};
  return {
    ...('format' in ack ? { message: render(ack.format, result, 'format') } : {}),
    ...('extra' in ack ? { extra: render(ack.extra, result, 'extra') } : {}),
  };
}

function notification(request: AliasRequest): Values {
  return {
    'on-complete': {
      data: {
        user: request.user ?? null,
        source_channel: request.source_channel,
        source_context: request.source_context ?? null,
      },
      routes: [request.notification_route ?? request.notification_channel ?? null],
    },
  };
}

/** @throws NotFoundError, ValidationError with StackStorm's sentences; ForbiddenError when the requester may not run the action */
export async function executeAlias(
  context: ApiContext,
  request: AliasRequest,
  options: ExecuteOptions,
): Promise<Values[]> {
  const alias = await findAlias(context, request.name);
  const uid = uidOf('action', String(alias.action_ref));
  await context.authorizer.assertAllowed(options.requester, 'action_execute', uid);
  const actionContext = {
    action_alias_ref: { id: alias.id, name: alias.name },
    api_user: request.user ?? null,
    user: options.requester.user,
    source_channel: request.source_channel,
  };
  const immutable = await immutableOf(context, alias, actionContext);
  const runs = parametersOf(alias, request, options.matchMultiple);
  const typeOf = (await parameterTypes(context.stores, String(alias.action_ref))) ?? (() => undefined);
  const results: Values[] = [];
  for (const parameters of runs) {
    const overridden = Object.keys(immutable).filter((name) => Object.hasOwn(parameters, name));
    if (overridden.length > 0)
      throw new ValidationError(`Immutable arguments cannot be overriden: ${overridden.join(',')}`);
    const given = readLists({ ...parameters, ...immutable }, typeOf);
    const execution = await context.actions
      .request({
        action: String(alias.action_ref),
        parameters: given,
        user: options.requester.user,
        context: actionContext,
        notify: notification(request),
      })
      .catch((error: unknown) => {
        throw error instanceof ParamCastError ? wrongValue(error, given, typeOf) : error;
      });
    const [presented] = await context.actions.present([execution], { showSecrets: options.showSecrets });
    const result = { execution: presented, actionalias: presentRecord(alias) };
    results.push({ ...result, ...acknowledgement(alias, result) });
  }
  return results;
}
