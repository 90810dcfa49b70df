import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { text } from '../../lists/filters.ts';
import { findById } from '../../lists/find.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';

const LIST: ListRules = {
  filters: {
    trace_tag: text('trace_tag'),
    execution: text('action_executions.object_id'),
    rule: text('rules.object_id'),
    trigger_instance: text('trigger_instances.object_id'),
  },
  sort: { start_timestamp: -1 },
  defaultLimit: 100,
  always: ['id'],
  known: ['uid', 'trace_tag', 'action_executions', 'rules', 'trigger_instances', 'start_timestamp'],
};

export function traceRoutes({ stores, config, actions }: ApiContext): readonly Route[] {
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
        // An execution within a workflow belongs to the trace of the workflow.
        const trace = execution === undefined ? undefined : await actions.traces.ofExecution(execution);
        const answer = await listRecords<OpenRecord>(stores.traces, withoutExecution(trace), request, {
          maxPageSize: config.api.max_page_size,
          sort: { start_timestamp: query.has('sort_asc') && !query.has('sort_desc') ? 1 : -1 },
          ...(trace === undefined ? {} : { filter: { id: trace.id } }),
        });
        return answer;
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

function withoutExecution(trace: OpenRecord | undefined): ListRules {
  if (trace === undefined) return LIST;
  const { execution: _found, ...filters } = LIST.filters;
  return { ...LIST, filters };
}
