import { randomUUID } from 'node:crypto';
import { WEBHOOK_TRIGGER_TYPE } from '../../../action-service/triggers/internal-trigger-types.ts';
import { triggerView } from '../../../action-service/triggers/trigger-service.ts';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { OpenContent } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { assertPayload } from '../../triggers/assert-payload.ts';
import { bareAddress, webhookUid } from './webhook-uid.ts';

const CREDENTIALS = ['st2-api-key', 'x-auth-token', 'cookie'];
const TRACE_TAG = 'st2-trace-tag';
const SYSTEM_HOOK = 'st2';

/** Triggers of rules on this address, which they may have written with slashes around. */
async function triggersOf({ stores }: ApiContext, hook: string): Promise<OpenContent[]> {
  const url = bareAddress(hook);
  const spellings = [url, `/${url}`, `${url}/`, `/${url}/`];
  return stores.triggers.find({ 'parameters.url': { $in: spellings }, type: WEBHOOK_TRIGGER_TYPE });
}

const present = (trigger: OpenContent) => presentRecord(triggerView(trigger));

/** Names as HTTP servers of Python give them (`Content-Type`): rules are written against these. */
const titleCase = (name: string) =>
  name.replace(/(^|-)([a-z])/g, (_match, dash, letter) => `${dash}${letter.toUpperCase()}`);

function payloadHeaders(headers: ApiRequest['headers']): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !CREDENTIALS.includes(name) && name !== TRACE_TAG) kept[titleCase(name)] = String(value);
  }
  return kept;
}

const jsonType = (value: unknown) => {
  if (Array.isArray(value)) return 'array';
  if (value === null || value === undefined) return 'null';
  return typeof value;
};

async function system(context: ApiContext, body: unknown, trace: Readonly<Record<string, unknown>>): Promise<void> {
  if (!isPlainObject(body)) throw new ValidationError(`Webhook body needs to be an object, got: ${jsonType(body)}`);
  const { trigger, payload } = body;
  if (typeof trigger !== 'string' || trigger === '') throw new ValidationError('Trigger not specified.');
  await assertPayload(context, trigger, payload);
  await context.dispatch({ trigger, payload: payload as Readonly<Record<string, unknown>>, traceContext: trace });
}

async function receive(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const hook = request.params['*'] ?? '';
  const body = request.body ?? {};
  const tag = request.headers[TRACE_TAG] ?? `webhook-${hook}-${randomUUID().replaceAll('-', '')}`;
  const trace = { trace_tag: tag };
  if (bareAddress(hook) === SYSTEM_HOOK) {
    await system(context, body, trace);
    return { body };
  }
  const triggers = await triggersOf(context, hook);
  if (triggers.length === 0) throw new NotFoundError(`Webhook ${hook} not registered with st2`);
  const headers = payloadHeaders(request.headers);
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const payload = { headers, headers_lower: lower, body };
  for (const trigger of triggers) {
    await context.dispatch({ trigger: trigger.ref, payload, traceContext: trace });
  }
  return { body };
}

export function webhookRoutes(context: ApiContext): readonly Route[] {
  const resourceUid: Route['resourceUid'] = (params) => webhookUid(params['*'] ?? '');
  return [
    {
      method: 'GET',
      path: '/webhooks',
      summary: 'List addresses that rules listen on',
      permission: 'webhook_list',
      handle: async () => ({
        body: (await context.stores.triggers.find({ type: WEBHOOK_TRIGGER_TYPE })).map(present),
      }),
    },
    {
      method: 'GET',
      path: '/webhooks/*',
      summary: 'The trigger of an address',
      permission: 'webhook_view',
      resourceUid,
      handle: async ({ params }) => {
        const hook = params['*'] ?? '';
        const [first] = await triggersOf(context, hook);
        // The sentences of StackStorm, whose route knows no address with a slash.
        if (first === undefined)
          throw new NotFoundError(hook.includes('/') ? 'The resource could not be found.' : 'Unhandled exception');
        return { body: present(first) };
      },
    },
    {
      method: 'POST',
      path: '/webhooks/*',
      summary: 'Fire the triggers of an address; answered when what came is stored',
      permission: 'webhook_send',
      resourceUid,
      body: { type: ['object', 'array'] },
      success: 202,
      handle: (request) => receive(context, request),
    },
  ];
}
