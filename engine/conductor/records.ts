/** What the conductor remembers of one workflow execution: plain records, changed only through the journal. */
import type { Template } from '../../workflow-translator/ir.ts';
import type { Context } from './context.ts';
import type { ExecutionParams, MistralState, RerunRequest } from './contract.ts';

export interface WorkflowRecord {
  state: MistralState;
  state_info: string | null;
  output: unknown;
  /** Evaluated environment; that of the root execution also in sub-workflows. */
  env: Readonly<Record<string, unknown>>;
  input: Readonly<Record<string, unknown>>;
  params: ExecutionParams;
  /** Variables of `vars` and what was published globally. */
  context: Readonly<Record<string, unknown>>;
  /** False when the start itself failed: then there never was an execution, in Mistral's eyes. */
  started: boolean;
  /** Commands that wait for a resume. */
  backlog: readonly TaskCommand[];
  created_at: number;
  updated_at: number;
}

/** Which task finished, and by which of its clauses, so that another one starts. */
export interface Trigger {
  readonly task_id: string;
  readonly event: string;
}

export interface TaskRecord {
  readonly id: string;
  readonly name: string;
  /** Place in the order of creation. */
  readonly index: number;
  state: MistralState;
  state_info: string | null;
  in_context: Context;
  published: Readonly<Record<string, unknown>>;
  /** What it published to the whole workflow. */
  published_global?: Readonly<Record<string, unknown>>;
  input: unknown;
  /** Names of the tasks that follow, with the clause that names them; `undefined` before completion. */
  next_tasks: readonly (readonly [string, string])[] | undefined;
  error_handled: boolean;
  /** Whether what follows from its completion has been started. */
  processed: boolean;
  triggered_by: readonly Trigger[];
  /** 1 for the first attempt; retries and re-runs count up. Answers to older attempts are only recorded. */
  attempt: number;
  retry_no: number;
  /** The wait of `wait-after` is over. */
  waited_after: boolean;
  concurrency: number;
  /** Id of the running timer of the `timeout` policy. */
  timeout_timer: string | undefined;
  items: ItemsRecord | undefined;
  join: JoinRecord | undefined;
  readonly runs: RunRecord[];
  /** Version of the view at which it changed last. */
  touched: number;
  readonly created_at: number;
  updated_at: number;
}

/** Progress of a with-items task in its present round. */
export interface ItemsRecord {
  readonly names: readonly string[];
  readonly lists: readonly (readonly unknown[])[];
  readonly count: number;
  /** Indexes to run in this round, in order; `next` is the place of the next one to start. */
  readonly indexes: readonly number[];
  next: number;
  running: number;
  finished: number;
  failed: number;
  cancelled: number;
}

/** One round of a join. A loop that comes round to the same join begins a new round, with a task execution of its own. */
export interface JoinRecord {
  /** Task execution that arrived, by name of the inbound task. */
  readonly arrived: Map<string, string>;
  /** Inbound tasks that can no longer arrive. */
  readonly failed: Set<string>;
  /** Who arrived in the round before: these executions do not count for this one. */
  readonly previous: ReadonlyMap<string, string>;
  /** Inbound tasks whose chances have to be looked at again; `undefined` means all. */
  doubtful: readonly string[] | undefined;
  /** Its action was started: who arrives now is late. */
  ran: boolean;
  refreshing: boolean;
}

export interface RunRecord {
  readonly id: string;
  readonly uuid: string;
  readonly kind: 'action' | 'workflow';
  readonly task_id: string;
  readonly name: string;
  readonly item_index: number | undefined;
  readonly attempt: number;
  state: MistralState;
  accepted: boolean;
  readonly input: unknown;
  /** Result of an action, output of a sub-workflow. */
  output: unknown;
  /** `keep-result: false` took the result away. */
  dropped: boolean;
  /** `output` templates of the ad-hoc actions around the action, innermost first. */
  readonly transforms: readonly Template[];
  /** Version of the view at which it changed last. */
  touched: number;
  readonly created_at: number;
  updated_at: number;
}

export type TimerKind = 'continue' | 'complete' | 'timeout' | 'refresh';

export interface TimerRecord {
  readonly id: string;
  readonly kind: TimerKind;
  readonly task_id: string;
  readonly seconds: number;
  /** State and message to complete the task with. */
  readonly state: MistralState;
  readonly state_info: string | null;
}

/** What a controller or a rerun wants done next. */
export type TaskCommand =
  | {
      readonly kind: 'run';
      readonly task: string;
      readonly context: Context;
      readonly triggered_by: readonly Trigger[];
      readonly handles_error: boolean;
    }
  | {
      readonly kind: 'run_existing';
      readonly task_id: string;
      readonly rerun: boolean;
      readonly reset: boolean;
    }
  | {
      readonly kind: 'engine';
      readonly name: 'fail' | 'succeed' | 'pause' | 'noop';
      readonly message: unknown;
      readonly handles_error: boolean;
    };

/** A unit of work: done wholly or, when a value from outside is missing, put off wholly. Plain data. */
export type Step =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'run_task';
      readonly task_id: string;
      readonly first: boolean;
      readonly rerun: boolean;
      readonly reset: boolean;
    }
  | { readonly kind: 'continue_task'; readonly task_id: string }
  | {
      readonly kind: 'complete_task';
      readonly task_id: string;
      readonly state: MistralState;
      readonly state_info: string | null;
    }
  | { readonly kind: 'follow_task' | 'schedule_items'; readonly task_id: string }
  | {
      readonly kind: 'run_completed';
      readonly run_id: string;
      readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED';
      readonly output: unknown;
    }
  | { readonly kind: 'run_refused'; readonly run_id: string; readonly message: string }
  | { readonly kind: 'run_updated'; readonly run_id: string; readonly state: 'PAUSED' | 'RUNNING' }
  | { readonly kind: 'refresh_join'; readonly task_id: string }
  | { readonly kind: 'check' }
  | { readonly kind: 'settle' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume'; readonly env?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'stop'; readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED'; readonly message: string | null }
  | { readonly kind: 'rerun'; readonly request: RerunRequest; readonly env?: Readonly<Record<string, unknown>> };

/** Answer to an effect: its value, or why there is none. */
export type EffectResult = { readonly value: unknown } | { readonly error: string };
