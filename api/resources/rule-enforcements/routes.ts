import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { after, before, type FilterTable, text } from '../../lists/filters.ts';
import { findById } from '../../lists/find.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { Route } from '../../server/route.ts';
import { type PayloadMask, payloadMask, presentInstance } from '../trigger-instances/present.ts';

const FILTERS: FilterTable = {
  rule_ref: text('rule.ref'),
  rule_id: text('rule.id'),
  execution: text('execution_id'),
  trigger_instance: text('trigger_instance_id'),
  enforced_at: text('enforced_at'),
  enforced_at_gt: after('enforced_at'),
  enforced_at_lt: before('enforced_at'),
};

const LIST: ListRules = {
  filters: FILTERS,
  sort: { enforced_at: -1 },
  defaultLimit: 50,
  always: ['id'],
  known: ['trigger_instance_id', 'execution_id', 'failure_reason', 'rule', 'enforced_at', 'status'],
};

/** Keys of an execution that the view shows. */
const EXECUTION_KEYS = [
  'action.ref',
  'action.parameters',
  'runner.name',
  'runner.runner_parameters',
  'parameters',
  'status',
];

type Presented = Record<string, unknown>;

/** Enforcements with their trigger instances and executions. */
async function expand(
  { stores, actions }: ApiContext,
  mask: PayloadMask,
  enforcements: readonly Presented[],
): Promise<Presented[]> {
  const executionIds = enforcements.map((one) => one.execution_id).filter((id) => typeof id === 'string');
  const instanceIds = enforcements.map((one) => one.trigger_instance_id).filter((id) => typeof id === 'string');
  const [executions, instances] = await Promise.all([
    stores.executions.find({ id: { $in: executionIds } }, { exclude: ['result'] }),
    stores.triggerInstances.find({ id: { $in: instanceIds } }),
  ]);
  const presented = await actions.present(executions);
  const byId = new Map(presented.map((one) => [one.id, reduce(one)]));
  const instanceById = new Map((await mask(instances)).map((one) => [one.id, presentInstance(one)]));
  return enforcements.map((one) => ({
    ...one,
    trigger_instance: instanceById.get(String(one.trigger_instance_id)) ?? {},
    execution: byId.get(one.execution_id) ?? {},
  }));
}

function reduce(execution: Presented): Presented {
  const reduced: Presented = { id: execution.id };
  for (const path of EXECUTION_KEYS) {
    const [root = '', key] = path.split('.');
    const value = execution[root];
    if (key === undefined) {
      if (value !== undefined) reduced[root] = value;
    } else if (typeof value === 'object' && value !== null && key in value) {
      reduced[root] = { ...(reduced[root] as object | undefined), [key]: (value as Presented)[key] };
    }
  }
  return { ...reduced, start_timestamp: execution.start_timestamp };
}

export function ruleEnforcementRoutes(context: ApiContext): readonly Route[] {
  const { stores, config } = context;
  const mask = payloadMask(context);
  const options = { maxPageSize: config.api.max_page_size };
  const query = { ...listParameters(LIST), sort_asc: 'string', sort_desc: 'string' } as const;
  const sortOf = (ascending: boolean) => ({ enforced_at: ascending ? 1 : -1 }) as const;
  return [
    {
      method: 'GET',
      path: '/ruleenforcements',
      summary: 'List what rules did',
      permission: 'rule_enforcement_list',
      query,
      handle: (request) =>
        listRecords<OpenRecord>(stores.ruleEnforcements, LIST, request, {
          ...options,
          sort: sortOf(request.query.has('sort_asc')),
        }),
    },
    {
      method: 'GET',
      path: '/ruleenforcements/views',
      summary: 'List what rules did, with trigger instances and executions',
      permission: 'rule_enforcement_list',
      query,
      handle: async (request) => {
        const answer = await listRecords<OpenRecord>(stores.ruleEnforcements, LIST, request, {
          ...options,
          sort: sortOf(request.query.has('sort_asc')),
        });
        return { ...answer, body: await expand(context, mask, answer.body as Presented[]) };
      },
    },
    {
      method: 'GET',
      path: '/ruleenforcements/views/:id',
      summary: 'What a rule did once, with its trigger instance and execution',
      permission: 'rule_enforcement_view',
      handle: async ({ params }) => {
        const found = await findById(stores.ruleEnforcements, params.id ?? '');
        const [body] = await expand(context, mask, [presentRecord(found)]);
        return { body };
      },
    },
    {
      method: 'GET',
      path: '/ruleenforcements/:id',
      summary: 'What a rule did once',
      permission: 'rule_enforcement_view',
      handle: async ({ params }) => ({ body: presentRecord(await findById(stores.ruleEnforcements, params.id ?? '')) }),
    },
  ];
}
