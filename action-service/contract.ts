/**
 * The action service: the one place where executions are made and change. Every process that needs an execution done,
 * changed or ended calls it; nobody writes to the executions collection beside it.
 *
 * 1. A change of status is one compare-and-set by the transition table (core/statuses.ts); who loses the race gets `undefined`.
 * 2. After each change: stored, then announced on the bus, and on completion the one who waits for it is told (its callback).
 *    If the process dies in between, sweeps announce and deliver again.
 * 3. `request` with an idempotency key that was seen before returns the execution made then.
 */
import type { ExecutionStatus } from '../core/statuses.ts';
import type { Execution } from '../stores/executions.ts';

/** What is asked for with `POST /v1/executions`. */
export interface ExecutionRequest {
  /** `pack.name`. */
  readonly action: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The parameters are final: text in them that looks like a template (output of another action) stays text. */
  readonly preRendered?: boolean;
  /** What templates in the parameters see beside the context: `trigger`, the payload that fired a rule. */
  readonly templateContext?: Readonly<Record<string, unknown>>;
  /** In whose name; part of `context.user`. */
  readonly user: string;
  /** Merged into the execution's context: `parent`, `mistral`, `trace_context`, `re-run`, `policies`, … */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Who is told of the end: `{source: 'mistral_v2', url, …}`. */
  readonly callback?: Readonly<Record<string, unknown>>;
  readonly notify?: unknown;
  /** Milliseconds before it may be scheduled. */
  readonly delay?: number;
  readonly idempotencyKey?: string;
  /** It was asked for together with others, with which it is stored. */
  readonly isOneOfMany?: boolean;
  readonly trigger?: {
    readonly trigger_type?: unknown;
    readonly trigger?: unknown;
    readonly trigger_instance?: unknown;
    readonly rule?: unknown;
  };
}

/** What a change of status may set beside the status. */
export interface StatusChange {
  readonly result?: unknown;
  /** Merged key by key into the context. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly lease?: { readonly owner: string; readonly seconds: number } | null;
  readonly due_at?: Date;
  /** Takes the callback away: another execution (a retry) has it now. */
  readonly callback?: null;
  readonly runner_info?: Readonly<Record<string, unknown>>;
  readonly pause_state?: Execution['pause_state'];
  /** Further condition on the present status; by default the transition table alone decides. */
  readonly from?: readonly ExecutionStatus[];
  /** Steps on the way that were taken without being written: they enter the log before the new status. */
  readonly passed?: Execution['log'];
  /** Change only if nobody has taken it. */
  readonly ifUnleased?: boolean;
  /** Change only if the lease is still this owner's. */
  readonly ifLeasedBy?: string;
  /** Change only if the log is as long as it was: the same status may have been left and come back. */
  readonly ifLogLength?: number;
  /**
   * The execution as its runner took it. Unless its log has grown nobody has changed it since, and what comes of the change is known
   * without reading it; otherwise it is read.
   */
  readonly known?: Execution;
}

/** What may change while an execution goes on. */
export interface ProgressChange {
  readonly result?: unknown;
  /** Merged key by key into the context. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Gives the lease up: the execution goes on without a runner (a workflow in the engine). */
  readonly lease?: null;
  /** Change only if the lease is still this owner's. */
  readonly ifLeasedBy?: string;
}

export interface ActionService {
  /**
   * Checks, renders and stores an execution as `requested` and announces it.
   *
   * @throws ValidationError unknown or disabled action, parameters that do not fit (an execution that failed to render is stored as `failed` as well)
   */
  request(request: ExecutionRequest): Promise<Execution>;
  /** Moves an execution to another status; `undefined` when it is not in a status from which that may be reached (or does not exist). */
  changeStatus(id: string, to: ExecutionStatus, change?: StatusChange): Promise<Execution | undefined>;
  /**
   * Stores a result or context of an execution that goes on (a workflow's `tasks` so far) without changing its status;
   * `undefined` when it has ended, or does not exist.
   */
  updateProgress(id: string, change: ProgressChange): Promise<Execution | undefined>;
  /** Prolongs the lease of running executions of one owner; returns the ids that are still its own. */
  renewLeases(owner: string, ids: readonly string[], seconds: number): Promise<readonly string[]>;
  /**
   * Cancels: straight to `canceled` when nothing runs yet, else `canceling` (its runner does the rest).
   * @throws ValidationError when the execution cannot be canceled any more
   */
  cancel(id: string, user: string): Promise<Execution>;
  /** Pauses a workflow. @throws ValidationError with StackStorm's sentence */
  pause(id: string, user: string): Promise<Execution>;
  /** Resumes a paused workflow. @throws ValidationError with StackStorm's sentence */
  resume(id: string, user: string): Promise<Execution>;
  /** As `resume`; a workflow that is still being paused goes on as soon as it is. For what goes on with its parent. */
  resumeChild(id: string, user: string): Promise<Execution>;
  /** Pauses the whole workflow in which a question has been asked; an answer lets it go on, also one that comes before it is paused. */
  pauseForQuestion(question: Execution): Promise<void>;
  /**
   * Ends a question and lets the workflow go on that waits for it, at once or as soon as it is paused. What a user has paused
   * meanwhile stays paused.
   *
   * @returns `undefined` when it has been answered already
   */
  endQuestion(
    question: Execution,
    end: { readonly status: 'succeeded' | 'timeout'; readonly result: unknown; readonly user: string },
  ): Promise<Execution | undefined>;
  /** Runs an execution again, as a new one. */
  rerun(
    id: string,
    request: {
      readonly parameters?: Readonly<Record<string, unknown>>;
      readonly tasks?: readonly string[];
      readonly reset?: readonly string[];
      readonly delay?: number;
      readonly user: string;
      readonly noMerge?: boolean;
    },
  ): Promise<Execution>;
  /** Adds a piece of a running action's output and announces it on the stream. */
  appendOutput(execution: Execution, type: 'stdout' | 'stderr' | 'other', data: string): Promise<void>;
  /** The execution as API clients see it: `action`, `runner`, `liveaction`, `children`, … ; secrets masked unless `showSecrets`. */
  present(executions: readonly Execution[], options?: PresentOptions): Promise<Record<string, unknown>[]>;
  /** How the direct children do, oldest first. */
  children(id: string): Promise<Pick<Execution, 'id' | 'status' | 'runner_type'>[]>;
  /** Tells the one who waits of the end of a completed execution, if that has not been done. Used by the sweeps. */
  deliverCallback(execution: Execution): Promise<void>;
}

export interface PresentOptions {
  readonly showSecrets?: boolean;
  /** Attributes asked for (dotted); the others need not be filled. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** How an execution's end (or pause) reaches the one that waits for it. One per `callback.source`. */
export interface CallbackSender {
  /** Resolves when delivered or when nobody waits any more; rejects when it should be tried again. */
  deliver(callback: Readonly<Record<string, unknown>>, execution: Execution): Promise<void>;
}
