import type { ActionService } from '../../action-service/contract.ts';
import type { PolicyRecord } from '../../action-service/retry-policy.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Filter } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

export type { PolicyRecord };

export interface PolicyDeps {
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly logger: Logger;
}

/** Whether an execution may be scheduled now, has to wait, or is not to run at all. */
export type Verdict = 'run' | 'delay' | 'cancel';

/** Limits that were found to be reached. Kept over one round of verdicts, so that each is looked at once. */
export type Reached = Set<string>;

/** What a type of policy does before an execution is scheduled and after it has ended. */
export interface Policy {
  readonly type: string;
  before?(record: PolicyRecord, execution: Execution, deps: PolicyDeps, reached: Reached): Promise<Verdict>;
  /** Gives back what a verdict of `run` has taken, for an execution that another policy holds back. */
  release?(record: PolicyRecord, execution: Execution, deps: PolicyDeps): Promise<void>;
  /** The executions, held back by this policy, that may have their turn when this one has ended. */
  heldBackBy?(record: PolicyRecord, execution: Execution, deps: PolicyDeps): Promise<Filter>;
  /** Resolves to true when the execution goes on as another one (a retry). */
  after?(record: PolicyRecord, execution: Execution, deps: PolicyDeps): Promise<boolean>;
}
