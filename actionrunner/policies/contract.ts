import type { ActionService } from '../../action-service/contract.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

/** A policy as it is registered. */
export interface PolicyRecord {
  readonly ref: string;
  readonly resource_ref: string;
  readonly policy_type: string;
  readonly enabled: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface PolicyDeps {
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly logger: Logger;
}

/** Whether an execution may be scheduled now, has to wait, or is not to run at all. */
export type Verdict = 'run' | 'delay' | 'cancel';

/** What a type of policy does before an execution is scheduled and after it has ended. */
export interface Policy {
  readonly type: string;
  before?(record: PolicyRecord, execution: Execution, deps: PolicyDeps): Promise<Verdict>;
  /** Resolves to true when the execution goes on as another one (a retry). */
  after?(record: PolicyRecord, execution: Execution, deps: PolicyDeps): Promise<boolean>;
}
