import { RETRY_POLICY, retryByPolicy } from '../../action-service/retry-policy.ts';
import { errorMessage } from '../../core/errors.ts';
import { databaseFailure } from '../../platform/mongo/database-failure.ts';
import type { Filter } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
import { rememberLoad } from '../../stores/remembered.ts';
import { concurrencyByAttributePolicy, concurrencyPolicy } from './concurrency.ts';
import type { Policy, PolicyDeps, PolicyRecord, Reached, Verdict } from './contract.ts';

const retryPolicy: Policy = { type: RETRY_POLICY, after: retryByPolicy };

/** Every type of policy, by its ref. */
export const POLICIES: Readonly<Record<string, Policy>> = {
  [concurrencyPolicy.type]: concurrencyPolicy,
  [concurrencyByAttributePolicy.type]: concurrencyByAttributePolicy,
  [retryPolicy.type]: retryPolicy,
};

/** How long the registered policies are remembered: a change takes effect within it. */
const CACHE_MS = 1_000;

export interface Policies {
  /**
   * The first verdict that is not `run`, in the order of the policies' refs.
   * @param reached kept by a caller that asks for several executions in a row: what is known to be full is not looked at again
   */
  before(execution: Execution, reached?: Reached): Promise<Verdict>;
  /** Filters for the executions that may have their turn when this one has ended; none without a policy that holds back. */
  heldBackBy(execution: Execution): Promise<readonly Filter[]>;
  /** Whether a policy made the execution go on as another one. */
  after(execution: Execution): Promise<boolean>;
  /** Whether any policy may delay executions of an action. */
  hasBefore(actionRef: string): Promise<boolean>;
  /** Whether any policy may act on the end of executions of an action. */
  hasAfter(actionRef: string): Promise<boolean>;
}

/**
 * Applies the enabled policies of actions. A policy that fails is logged and passed over, as in StackStorm; where the database is away
 * nothing is known of a limit, and the error is the caller's.
 */
export function createPolicies(deps: PolicyDeps): Policies {
  async function load(): Promise<ReadonlyMap<string, readonly PolicyRecord[]>> {
    const records = await deps.stores.policies.find({ enabled: true }, { sort: { ref: 1 } });
    const byAction = new Map<string, PolicyRecord[]>();
    for (const record of records as unknown as PolicyRecord[]) {
      const list = byAction.get(record.resource_ref);
      if (list === undefined) byAction.set(record.resource_ref, [record]);
      else list.push(record);
    }
    return byAction;
  }

  const byAction = rememberLoad(deps.stores.policies, load, CACHE_MS);

  async function of(actionRef: string): Promise<readonly { readonly record: PolicyRecord; readonly policy: Policy }[]> {
    const records = (await byAction()).get(actionRef) ?? [];
    return records.flatMap((record) => {
      const policy = Object.hasOwn(POLICIES, record.policy_type) ? POLICIES[record.policy_type] : undefined;
      return policy === undefined ? [] : [{ record, policy }];
    });
  }

  function passOver(record: PolicyRecord, execution: Execution, error: unknown): void {
    if (databaseFailure(error) !== undefined) throw error;
    deps.logger.error(
      { policy: record.ref, execution_id: execution.id, reason: errorMessage(error) },
      'policy could not be applied and was passed over',
    );
  }

  return {
    async before(execution, reached = new Set()) {
      const passed: PolicyRecord[] = [];
      for (const { record, policy } of await of(execution.action_ref)) {
        try {
          const verdict = await policy.before?.(record, execution, deps, reached);
          if (verdict === 'run') passed.push(record);
          else if (verdict !== undefined) {
            // What waits for one limit must not take the place of others at another.
            for (const one of passed) await POLICIES[one.policy_type]?.release?.(one, execution, deps);
            return verdict;
          }
        } catch (error) {
          passOver(record, execution, error);
        }
      }
      return 'run';
    },
    async heldBackBy(execution) {
      const filters: Filter[] = [];
      for (const { record, policy } of await of(execution.action_ref)) {
        const filter = await policy.heldBackBy?.(record, execution, deps);
        if (filter !== undefined) filters.push(filter);
      }
      return filters;
    },
    async after(execution) {
      let goesOn = false;
      for (const { record, policy } of await of(execution.action_ref)) {
        try {
          if ((await policy.after?.(record, execution, deps)) === true) goesOn = true;
        } catch (error) {
          passOver(record, execution, error);
        }
      }
      return goesOn;
    },
    hasAfter: async (actionRef) => (await of(actionRef)).some(({ policy }) => policy.after !== undefined),
    hasBefore: async (actionRef) => (await of(actionRef)).some(({ policy }) => policy.before !== undefined),
  };
}
