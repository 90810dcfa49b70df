import type { ExecutionStatus } from '../core/statuses.ts';
import type { CollectionSpec, Stored } from './collection.ts';

/**
 * One execution: StackStorm's LiveAction and ActionExecution in one document, so that the two can never disagree.
 * Written by the action service only (and the lease by its runner).
 */
export interface Execution extends Stored {
  /** Id under which clients know the live action. */
  readonly liveaction_id: string;
  readonly action_ref: string;
  readonly runner_type: string;
  /** Keys of the copies of the action and of the runner type as they were then (collection `snapshots`). */
  readonly action_snapshot: string;
  readonly runner_snapshot: string;
  readonly status: ExecutionStatus;
  /** Given parameters, rendered and cast; secrets in clear, masked where they leave. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly start_timestamp: Date;
  readonly end_timestamp?: Date;
  /** The trace it belongs to. */
  readonly trace_id?: string;
  /** W3C context of the request, while traces are taken: what goes on after a lost message finds it here. */
  readonly traceparent?: string;
  /** Id of the parent execution. */
  readonly parent?: string;
  readonly log: readonly { readonly timestamp: Date; readonly status: ExecutionStatus }[];
  readonly callback?: Readonly<Record<string, unknown>>;
  /** Whether the one who waits for the end was told: `pending` until then. Absent without a callback. */
  readonly callback_state?: 'pending' | 'delivered';
  readonly notify?: unknown;
  /** Milliseconds. */
  readonly delay?: number;
  /** Not to be scheduled before. */
  readonly due_at?: Date;
  /** Same key, same execution: retries of a request do not make a second one. */
  readonly idempotency_key?: string;
  /** Who runs it, and until when that is believed without a sign of life. */
  readonly lease?: { readonly owner: string; readonly expires_at: Date };
  readonly runner_info?: Readonly<Record<string, unknown>>;
  readonly rule?: unknown;
  readonly trigger?: unknown;
  readonly trigger_type?: unknown;
  readonly trigger_instance?: unknown;
  /** Time of the last change of status. */
  readonly updated_at: Date;
  /** Results tracker: who polls the workflow, until when, and when next. */
  readonly tracking?: { readonly owner: string; readonly expires_at: Date };
  /** Whether the notifier has taken the end of the execution up: `pending` until then. */
  readonly notify_state?: 'pending' | 'done';
  /** `question`: paused for one; `passing`: it goes on as soon as it is paused. Absent of what a user has paused. */
  readonly pause_state?: 'question' | 'passing';
  readonly web_url?: string;
}

export const executionsSpec: CollectionSpec = {
  name: 'executions',
  indexes: [
    { fields: { start_timestamp: -1 } },
    { fields: { status: 1, updated_at: 1 } },
    // Children of an execution, and the list of what has no parent, newest first.
    { fields: { parent: 1, start_timestamp: -1 } },
    { fields: { action_ref: 1, start_timestamp: -1 } },
    { fields: { liveaction_id: 1 }, unique: true },
    { fields: { idempotency_key: 1 }, unique: true, sparse: true },
    { fields: { 'context.mistral.execution_id': 1 }, sparse: true },
    { fields: { callback_state: 1, updated_at: 1 }, sparse: true },
    { fields: { notify_state: 1, updated_at: 1 }, sparse: true },
    { fields: { pause_state: 1, updated_at: 1 }, sparse: true },
  ],
};
