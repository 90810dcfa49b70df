import { isPlainObject } from '../../../core/python/values.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { after, before, text } from '../../lists/filters.ts';
import { findById } from '../../lists/find.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { type PayloadMask, payloadMask, presentInstance } from './present.ts';

const LIST: ListRules = {
  filters: {
    trigger: text('trigger'),
    status: text('status'),
    timestamp_gt: after('occurrence_time'),
    timestamp_lt: before('occurrence_time'),
  },
  sort: { occurrence_time: -1 },
  defaultLimit: 100,
  always: ['id'],
  needs: ['trigger'],
  known: ['trigger', 'payload', 'occurrence_time', 'status'],
};

async function list({ stores, config }: ApiContext, request: ApiRequest, mask: PayloadMask): Promise<Answer> {
  const { query } = request;
  const type = query.text('trigger_type');
  const refs = type === undefined ? undefined : await refsOfType(stores, type);
  // StackStorm does not even ask its database then: no counts are sent.
  if (refs?.length === 0) return { body: [] };
  return listRecords<OpenRecord>(stores.triggerInstances, LIST, request, {
    maxPageSize: config.api.max_page_size,
    complete: mask,
    present: presentInstance,
    // Newest first whatever limits are given: clients turn the list round.
    sort: { occurrence_time: query.has('sort_asc') && !query.has('sort_desc') ? 1 : -1 },
    ...(refs === undefined ? {} : { filter: { trigger: { $in: refs } } }),
  });
}

async function refsOfType(stores: ApiContext['stores'], type: string): Promise<string[]> {
  const triggers = await stores.triggers.find({ type }, { include: ['ref'] });
  return triggers.map((trigger) => trigger.ref);
}

async function reEmit(context: ApiContext, request: ApiRequest, mask: PayloadMask): Promise<Answer> {
  const instance = await findById(context.stores.triggerInstances, request.params.id ?? '');
  const payload = {
    ...(isPlainObject(instance.payload) ? instance.payload : {}),
    __context: { original_id: instance.id },
  };
  await context.dispatch({ trigger: String(instance.trigger), payload });
  const [shown] = await mask([{ ...instance, payload }]);
  return { body: { message: `Trigger instance ${instance.id} succesfully re-sent.`, payload: shown?.payload } };
}

export function triggerInstanceRoutes(context: ApiContext): readonly Route[] {
  const mask = payloadMask(context);
  return [
    {
      method: 'GET',
      path: '/triggerinstances',
      summary: 'List occurrences of triggers, newest first',
      permission: 'trigger_instance_list',
      query: { ...listParameters(LIST), trigger_type: 'string', sort_asc: 'string', sort_desc: 'string' },
      handle: (request) => list(context, request, mask),
    },
    {
      method: 'GET',
      path: '/triggerinstances/:id',
      summary: 'One occurrence of a trigger',
      permission: 'trigger_instance_view',
      async handle({ params }) {
        const instance = await findById(context.stores.triggerInstances, params.id ?? '');
        const [masked = instance] = await mask([instance]);
        return { body: presentInstance(masked) };
      },
    },
    {
      method: 'POST',
      path: '/triggerinstances/:id/re_emit',
      summary: 'Fire a trigger again with the payload of an occurrence',
      permission: 'trigger_instance_create',
      handle: (request) => reEmit(context, request, mask),
    },
  ];
}
