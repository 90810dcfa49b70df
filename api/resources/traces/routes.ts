import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { readAttributes } from '../../lists/attributes.ts';
import { itemOf, text } from '../../lists/filters.ts';
import { findById } from '../../lists/find.ts';
import { type ListRules, listHeaders, listParameters, listRecords } from '../../lists/list.ts';
import { readPage } from '../../lists/paging.ts';
import { pickAttributes, presentRecord } from '../../lists/presentation.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';

const LIST: ListRules = {
  filters: {
    trace_tag: text('trace_tag'),
    execution: itemOf('action_executions', 'object_id'),
    rule: itemOf('rules', 'object_id'),
    trigger_instance: itemOf('trigger_instances', 'object_id'),
  },
  sort: { start_timestamp: -1 },
  defaultLimit: 100,
  always: ['id'],
  known: ['uid', 'trace_tag', 'action_executions', 'rules', 'trigger_instances', 'start_timestamp'],
};

export function traceRoutes(context: ApiContext): readonly Route[] {
  const { stores, config, actions } = context;
  return [
    {
      method: 'GET',
      path: '/traces',
      summary: 'List traces, newest first',
      permission: 'trace_list',
      query: { ...listParameters(LIST), sort_asc: 'string', sort_desc: 'string' },
      handle: async (request) => {
        const { query } = request;
        const execution = query.text('execution');
        if (execution !== undefined) return ofExecution(context, request, execution);
        return listRecords<OpenRecord>(stores.traces, LIST, request, {
          maxPageSize: config.api.max_page_size,
          sort: { start_timestamp: query.has('sort_asc') && !query.has('sort_desc') ? 1 : -1 },
          complete: (traces) =>
            Promise.all(
              traces.map((trace) => (trace.action_executions === undefined ? trace : actions.traces.expand(trace))),
            ),
        });
      },
    },
    {
      method: 'GET',
      path: '/traces/:id',
      summary: 'One trace',
      permission: 'trace_view',
      handle: async ({ params }) => ({
        body: presentRecord(await actions.traces.expand(await findById(stores.traces, params.id ?? ''))),
      }),
    },
  ];
}

/** The trace of one execution; one within a workflow belongs to the trace of the workflow. */
async function ofExecution(context: ApiContext, request: ApiRequest, execution: string): Promise<Answer> {
  const { include, exclude } = readAttributes(request.query, LIST);
  const page = readPage(request.query, request.requester, context.config.api.max_page_size, LIST.defaultLimit);
  const trace = await context.actions.traces.ofExecution(execution);
  const found =
    trace === undefined
      ? []
      : [pickAttributes(presentRecord(await context.actions.traces.expand(trace)), include, exclude, LIST.always)];
  return { headers: listHeaders(found.length, page), body: found.slice(page.offset) };
}
