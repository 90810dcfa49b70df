/** What is collected, by which setting, and how it is found. */
import { ValidationError } from '../../core/errors.ts';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import type { Collection, Filter, Stored } from '../../stores/collection.ts';
import type { Snapshot, WorkflowExecution } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';

/** Days that records of a kind are kept; 0: for ever. */
export interface RetentionSettings {
  readonly action_executions_ttl: number;
  readonly action_executions_output_ttl: number;
  readonly trigger_instances_ttl: number;
  readonly rule_enforcements_ttl: number;
  readonly traces_ttl: number;
  readonly workflow_executions_ttl: number;
  readonly tokens_ttl: number;
  readonly payloads_ttl: number;
}

export interface CollectedKind {
  /** In the log. */
  readonly name: string;
  /** How long the records are kept; without a setting: a day. */
  readonly setting?: keyof RetentionSettings;
  /** Less is a mistake that would take records away from under running work. Days. */
  readonly minimum: number;
  collection(stores: Stores): Collection<Stored>;
  /** Records that were done with before a time. */
  before(time: Date, stores: Stores): Filter | Promise<Filter>;
  /** Fields that the other functions look at. */
  readonly fields?: readonly string[];
  /** Of those records: the ids of those that something still needs. */
  spare?(stores: Stores, records: readonly Stored[], time: Date): Promise<ReadonlySet<string>>;
  /** Removes what belongs to the records and is of no use without them. */
  removeParts?(stores: Stores, records: readonly Stored[]): Promise<void>;
}

const DAY_MS = 86_400_000;
const WORKFLOW_ENDS = ['SUCCESS', 'ERROR', 'CANCELLED'];

const open = (collection: unknown) => collection as Collection<Stored>;
const ids = (records: readonly Stored[]) => records.map((record) => record.id);

export const COLLECTED_KINDS: readonly CollectedKind[] = [
  {
    name: 'action_executions',
    setting: 'action_executions_ttl',
    minimum: 7,
    collection: (stores) => open(stores.executions),
    before: (time) => ({ status: { $in: COMPLETED_STATUSES }, end_timestamp: { $lt: time } }),
    async removeParts(stores, executions) {
      await stores.outputs.removeMany({ execution_id: { $in: ids(executions) } });
    },
  },
  {
    name: 'action_executions_output',
    setting: 'action_executions_output_ttl',
    minimum: 1,
    collection: (stores) => open(stores.outputs),
    before: (time) => ({ timestamp: { $lt: time } }),
  },
  {
    name: 'trigger_instances',
    setting: 'trigger_instances_ttl',
    minimum: 7,
    collection: (stores) => open(stores.triggerInstances),
    before: (time) => ({ status: { $in: ['processed', 'processing_failed'] }, occurrence_time: { $lt: time } }),
  },
  {
    name: 'rule_enforcements',
    setting: 'rule_enforcements_ttl',
    minimum: 7,
    collection: (stores) => open(stores.ruleEnforcements),
    before: (time) => ({ enforced_at: { $lt: time } }),
  },
  {
    name: 'traces',
    setting: 'traces_ttl',
    minimum: 7,
    collection: (stores) => open(stores.traces),
    before: (time) => ({ start_timestamp: { $lt: time } }),
  },
  {
    name: 'workflow_executions',
    setting: 'workflow_executions_ttl',
    minimum: 7,
    collection: (stores) => open(stores.workflowExecutions),
    before: (time) => ({ state: { $in: WORKFLOW_ENDS }, updated_at: { $lt: time } }),
    fields: ['uuid', 'root_execution_id'],
    // A sub-workflow belongs to its root, which may run long and run it again.
    async spare(stores, records, time) {
      const workflows = records as readonly WorkflowExecution[];
      const roots = [...new Set(workflows.flatMap(({ root_execution_id: root }) => root ?? []))];
      if (roots.length === 0) return new Set();
      const alive = await stores.workflowExecutions.find(
        { uuid: { $in: roots }, $or: [{ state: { $nin: WORKFLOW_ENDS } }, { updated_at: { $gte: time } }] },
        { include: ['uuid'] },
      );
      const kept = new Set(alive.map(({ uuid }) => uuid));
      return new Set(ids(workflows.filter(({ root_execution_id: root }) => root !== null && kept.has(root))));
    },
    async removeParts(stores, workflows) {
      const uuids = (workflows as readonly WorkflowExecution[]).map((workflow) => workflow.uuid);
      await stores.taskRuns.removeMany({ workflow_execution_id: { $in: uuids } });
      await stores.taskExecutions.removeMany({ workflow_execution_id: { $in: uuids } });
    },
  },
  {
    name: 'tokens',
    setting: 'tokens_ttl',
    minimum: 0,
    collection: (stores) => open(stores.tokens),
    before: (time) => ({ expiry: { $lt: time } }),
  },
  {
    name: 'payloads',
    setting: 'payloads_ttl',
    minimum: 7,
    collection: (stores) => open(stores.payloads),
    // A workflow reads what it stored for as long as it goes on.
    async before(time, stores) {
      const unfinished = { state: { $nin: WORKFLOW_ENDS }, created_at: { $lt: time } };
      const oldest = await stores.workflowExecutions.findOne(unfinished, {
        sort: { created_at: 1 },
        include: ['created_at'],
      });
      return { created_at: { $lt: oldest?.created_at ?? time } };
    },
    fields: ['created_at'],
    async spare(stores, payloads) {
      const keyOf = ({ id }: Stored) => id.replace(/-\d+$/, '');
      const restarts = await stores.workflowExecutions.find(
        { restart_key: { $in: [...new Set(payloads.map(keyOf))] } },
        { include: ['restart_key'] },
      );
      const needed = new Set(restarts.map((workflow) => workflow.restart_key));
      return new Set(payloads.filter((payload) => needed.has(keyOf(payload))).map((payload) => payload.id));
    },
  },
  {
    // Copies of actions: whoever uses one says so within the hour; what was made with it is gone after the same time as it.
    name: 'snapshots',
    setting: 'action_executions_ttl',
    minimum: 7,
    collection: (stores) => open(stores.snapshots),
    before: (time) => ({ used_at: { $lt: new Date(time.getTime() - DAY_MS) } }),
    fields: ['hash'],
    async spare(stores, snapshots, time) {
      // What is that old and still there goes on.
      const kept = await stores.executions.find(
        { start_timestamp: { $lt: time } },
        { include: ['action_snapshot', 'runner_snapshot'] },
      );
      const needed = new Set(kept.flatMap((execution) => [execution.action_snapshot, execution.runner_snapshot]));
      return new Set((snapshots as readonly Snapshot[]).filter(({ hash }) => needed.has(hash)).map(({ id }) => id));
    },
  },
  {
    // Places of executions under a limit. They are looked at when the same limit is met again, which may never be.
    name: 'concurrency_slots',
    minimum: 0,
    collection: (stores) => open(stores.concurrencySlots),
    before: (time) => ({ taken_at: { $lt: time } }),
    fields: ['execution_id'],
    async spare(stores, slots) {
      const holders = slots.map((slot) => (slot as Stored & { readonly execution_id?: string }).execution_id);
      const alive = await stores.executions.find(
        { id: { $in: holders }, status: { $nin: COMPLETED_STATUSES } },
        { include: ['id'] },
      );
      const held = new Set(ids(alive));
      return new Set(ids(slots.filter((_slot, index) => held.has(holders[index] ?? ''))));
    },
  },
];

/** @throws ValidationError for a setting below its minimum */
export function assertRetention(settings: RetentionSettings): void {
  for (const { setting, minimum } of COLLECTED_KINDS) {
    const days = setting === undefined ? 0 : settings[setting];
    if (days !== 0 && days < minimum)
      throw new ValidationError(`Minimum value for "${setting}" is ${minimum} days, not ${days}.`, { setting });
  }
}
