/** What is collected, by which setting, and how it is found. */
import { ValidationError } from '../../core/errors.ts';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import type { Collection, Filter, Stored } from '../../stores/collection.ts';
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
  readonly setting: keyof RetentionSettings;
  /** Less is a mistake that would take records away from under running work. Days. */
  readonly minimum: number;
  collection(stores: Stores): Collection<Stored>;
  /** Records that were done with before a time. */
  before(time: Date): Filter;
  /** Removes what belongs to the records and is of no use without them. */
  removeParts?(stores: Stores, records: readonly Stored[]): Promise<void>;
}

const WORKFLOW_ENDS = ['SUCCESS', 'ERROR', 'CANCELLED'];

const open = (collection: unknown) => collection as Collection<Stored>;
const ids = (records: readonly Stored[]) => records.map((record) => record.id);

export const COLLECTED_KINDS: readonly CollectedKind[] = [
  {
    setting: 'action_executions_ttl',
    minimum: 7,
    collection: (stores) => open(stores.executions),
    before: (time) => ({ status: { $in: COMPLETED_STATUSES }, end_timestamp: { $lt: time } }),
    async removeParts(stores, executions) {
      await stores.outputs.removeMany({ execution_id: { $in: ids(executions) } });
    },
  },
  {
    setting: 'action_executions_output_ttl',
    minimum: 1,
    collection: (stores) => open(stores.outputs),
    before: (time) => ({ timestamp: { $lt: time } }),
  },
  {
    setting: 'trigger_instances_ttl',
    minimum: 7,
    collection: (stores) => open(stores.triggerInstances),
    before: (time) => ({ status: { $in: ['processed', 'processing_failed'] }, occurrence_time: { $lt: time } }),
  },
  {
    setting: 'rule_enforcements_ttl',
    minimum: 7,
    collection: (stores) => open(stores.ruleEnforcements),
    before: (time) => ({ enforced_at: { $lt: time } }),
  },
  {
    setting: 'traces_ttl',
    minimum: 7,
    collection: (stores) => open(stores.traces),
    before: (time) => ({ start_timestamp: { $lt: time } }),
  },
  {
    setting: 'workflow_executions_ttl',
    minimum: 7,
    collection: (stores) => open(stores.workflowExecutions),
    before: (time) => ({ state: { $in: WORKFLOW_ENDS }, updated_at: { $lt: time } }),
    async removeParts(stores, workflows) {
      const uuids = workflows.map((workflow) => (workflow as Stored & { readonly uuid?: string }).uuid);
      await stores.taskExecutions.removeMany({ workflow_execution_id: { $in: uuids } });
    },
  },
  {
    setting: 'tokens_ttl',
    minimum: 0,
    collection: (stores) => open(stores.tokens),
    before: (time) => ({ expiry: { $lt: time } }),
  },
  {
    setting: 'payloads_ttl',
    minimum: 7,
    collection: (stores) => open(stores.payloads),
    before: (time) => ({ created_at: { $lt: time } }),
  },
];

/** @throws ValidationError for a setting below its minimum */
export function assertRetention(settings: RetentionSettings): void {
  for (const { setting, minimum } of COLLECTED_KINDS) {
    const days = settings[setting];
    if (days !== 0 && days < minimum)
      throw new ValidationError(`Minimum value for "${setting}" is ${minimum} days, not ${days}.`, { setting });
  }
}
