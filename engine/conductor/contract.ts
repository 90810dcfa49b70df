/**
 * The contract between the conductor (pure: it decides) and its host (it acts). The host feeds events in and carries
 * out the commands that come back, in order. Hosts: the Temporal workflow shell, `rehearse`, the conformance driver.
 *
 * Rules:
 * 1. The conductor does no I/O, reads no clock and no random source but those of its {@link ConductorPorts}.
 * 2. The same events in the same order give the same commands, also after `Conductor.restore(snapshot)`.
 * 3. Ids of commands are chosen by the conductor, unique within one workflow execution, stable on replay, and readable:
 *    `<task name>` for the first run of a task's action, `<task name>#2`, `<task name>[3]`, `<task name>#2[3]` and so on.
 * 4. The host answers every `action.run` and `workflow.run` with exactly one `action.completed` / `workflow.completed` event in the end,
 *    unless the workflow has finished before.
 */

import type { AdHocActionIr } from '../../workflow-translator/ir.ts';

/** States of workflow, task and action executions as Mistral names them. */
export type MistralState =
  | 'IDLE'
  | 'WAITING'
  | 'RUNNING'
  | 'DELAYED'
  | 'PAUSED'
  | 'SUCCESS'
  | 'ERROR'
  | 'CANCELLED'
  | 'SKIPPED';

/** Which run of what the command belongs to. */
export interface RunIdentity {
  /** Unique in the workflow execution, stable: used as Temporal activity id and in idempotency keys. */
  readonly id: string;
  /** UUID of the action execution (or of the sub-workflow execution) as API clients see it. */
  readonly uuid: string;
  readonly task_id: string;
  readonly task_name: string;
  /** Index of the item for with-items. */
  readonly item_index?: number;
  /** 1 for the first attempt of a retried task. */
  readonly attempt: number;
}

export type Command =
  /** Run an action. `action` is a final name such as `st2.action` or `std.http`; ad-hoc actions are resolved already. */
  | ({
      readonly type: 'action.run';
      readonly action: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly run_on?: unknown;
      readonly safe_rerun: boolean;
    } & RunIdentity)
  /** Start a sub-workflow. `names` are to be tried in order (workbook-prefixed first). */
  | ({
      readonly type: 'workflow.run';
      readonly names: readonly string[];
      readonly input: Readonly<Record<string, unknown>>;
      readonly params: ExecutionParams;
    } & RunIdentity)
  | { readonly type: 'action.cancel' | 'workflow.pause'; readonly id: string }
  /** `env` is that of the resume above, to reach the `resume` event of the sub-workflow. */
  | { readonly type: 'workflow.resume'; readonly id: string; readonly env?: Readonly<Record<string, unknown>> }
  /** The message is that of the cancel above; it is to reach the `cancel` event of the sub-workflow. */
  | { readonly type: 'workflow.cancel'; readonly id: string; readonly message: string | null }
  | {
      readonly type: 'workflow.rerun';
      readonly id: string;
      readonly tasks: readonly RerunRequest[];
      readonly env?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'timer.start'; readonly id: string; readonly seconds: number }
  | { readonly type: 'timer.cancel'; readonly id: string }
  /** Fetch values that expressions need (`st2kv`, `tasks`, `executions`); answered by one `effects.fetched` event. */
  | { readonly type: 'effects.fetch'; readonly id: string; readonly effects: readonly EffectRequest[] }
  /** The workflow execution has changed its own state (RUNNING, PAUSED or final). Final states come last in a list of commands. */
  | {
      readonly type: 'state.changed';
      readonly state: MistralState;
      readonly state_info: string | null;
      readonly output?: unknown;
    };

export interface EffectRequest {
  readonly kind: string;
  readonly key: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface RerunRequest {
  /** Task name, dotted to reach into sub-workflows (`task1.task1`). */
  readonly task: string;
  /** with-items: true repeats all items, false the failed ones only. */
  readonly reset: boolean;
  /** Skip the task instead of running it again. */
  readonly skip?: boolean;
}

/** Parameters of a workflow execution beside its input. */
export interface ExecutionParams {
  readonly env?: Readonly<Record<string, unknown>>;
  readonly evaluate_env?: boolean;
  /** Target task of a reverse workflow. */
  readonly task_name?: string;
  readonly notify?: unknown;
  readonly [other: string]: unknown;
}

export type ConductorEvent =
  | { readonly type: 'start' }
  /** Nothing has happened: the work that is left goes on. */
  | { readonly type: 'go_on' }
  | {
      readonly type: 'action.completed';
      readonly id: string;
      readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED';
      readonly result: unknown;
    }
  /** The action could not be started at all (unknown, wrong parameters): ends the workflow, see the corpus' fact 33. */
  | { readonly type: 'action.refused'; readonly id: string; readonly message: string }
  /** An action that is itself a workflow was paused or resumed from outside. */
  | { readonly type: 'action.updated'; readonly id: string; readonly state: 'PAUSED' | 'RUNNING' }
  | {
      readonly type: 'workflow.completed';
      readonly id: string;
      readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED';
      readonly output: unknown;
      readonly state_info: string | null;
    }
  /** The sub-workflow does not exist or refused its input: only the task fails. */
  | { readonly type: 'workflow.refused'; readonly id: string; readonly message: string }
  | { readonly type: 'workflow.updated'; readonly id: string; readonly state: 'PAUSED' | 'RUNNING' }
  | { readonly type: 'timer.fired'; readonly id: string }
  | {
      readonly type: 'effects.fetched';
      readonly id: string;
      readonly results: readonly ({ readonly value: unknown } | { readonly error: string })[];
    }
  | { readonly type: 'pause' }
  | { readonly type: 'resume'; readonly env?: Readonly<Record<string, unknown>> }
  | { readonly type: 'cancel'; readonly message?: string }
  | { readonly type: 'stop'; readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED'; readonly message?: string }
  | {
      readonly type: 'rerun';
      readonly tasks: readonly RerunRequest[];
      readonly env?: Readonly<Record<string, unknown>>;
    }
  /** `task` may be dotted, see {@link RerunRequest}. */
  | { readonly type: 'skip'; readonly task: string };

/** What the conductor needs from its host. All are deterministic in the Temporal sandbox. */
export interface ConductorPorts {
  /** Milliseconds since the epoch. */
  now(): number;
  uuid(): string;
  random(): number;
  /** Parameters of a registered action, or `undefined` when there is none: for refusals before a run. `std.*`, `st2.action`. */
  findAction(name: string): ActionSignature | undefined;
  /** About so much effort goes into one event; the rest waits for `go_on`. Everything at once when absent. */
  readonly effortAtOnce?: number;
}

export interface ActionSignature {
  readonly params: readonly { readonly name: string; readonly required: boolean }[];
  /** Takes other parameters, too. */
  readonly open?: boolean;
  /** The action is an ad-hoc one, registered outside of the workflow's own document. */
  readonly adhoc?: AdHocActionIr;
}

/** Ids and parameters of the execution that is conducted. */
export interface ExecutionIdentity {
  readonly id: string;
  readonly workflow_name: string;
  readonly root_execution_id: string;
  readonly parent?: { readonly execution_id: string; readonly task_id: string; readonly task_name: string };
  /** How many workflows are above this one; past a limit a sub-workflow is refused. Absent means 0. */
  readonly depth?: number;
  readonly input: Readonly<Record<string, unknown>>;
  readonly params: ExecutionParams;
}

/** A task execution as clients (mistral-api, the results tracker) see it. Times are ISO 8601, UTC. */
export interface TaskView {
  readonly id: string;
  readonly name: string;
  readonly type: 'ACTION' | 'WORKFLOW';
  readonly state: MistralState;
  readonly state_info: string | null;
  readonly input: unknown;
  readonly result: unknown;
  readonly published: Readonly<Record<string, unknown>>;
  /** Absent when it published nothing to the whole workflow. */
  readonly published_global?: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
  readonly processed: boolean;
  /** Place in the order of creation. */
  readonly index: number;
  /** Version of the view at which it changed last. */
  readonly version: number;
  /** Runs of its action or sub-workflow, all attempts; with `since` only those that changed. */
  readonly runs: readonly RunView[];
}

export interface RunView {
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly state: MistralState;
  readonly accepted: boolean;
  readonly input: unknown;
  readonly output: unknown;
  readonly item_index?: number;
  /** Version of the view at which it changed last. */
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The whole of an execution, or what has changed since `since` (a version number given by an earlier view). */
export interface ExecutionView {
  /** Up to here changes are shown: what to ask for next time. */
  readonly version: number;
  /** There are further changes, beyond the limit asked for. */
  readonly more: boolean;
  /** False when the start itself failed (input, environment, `vars`): to a parent that is a refusal. */
  readonly started: boolean;
  readonly state: MistralState;
  readonly state_info: string | null;
  /** The input with its defaults, once started. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: unknown;
  /** What its tasks published to the whole workflow, but for names that `vars` has. Absent when there is nothing. */
  readonly published_global?: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
  /** In order of creation; with `since` only tasks that changed. */
  readonly tasks: readonly TaskView[];
  /** UUIDs of runs that are gone since: they could not be started at all. */
  readonly removed_runs: readonly string[];
}

/** The conductor of one workflow execution (implemented by `createConductor` in conductor.ts). */
export interface Conductor {
  /** Takes one event in and returns what is to be done now, in order. Never throws for a user's mistake. */
  handle(event: ConductorEvent): readonly Command[];
  readonly state: MistralState;
  /** There is work left that did not fit into {@link ConductorPorts.effortAtOnce}: a `go_on` event is awaited. */
  readonly hasWork: boolean;
  /** What all that was done so far has cost: steps, and runs started. */
  readonly effort: number;
  /** @param limit shows at most so many changes */
  view(since?: number, limit?: number): ExecutionView;
  /** Plain JSON: with `restoreConductor` the same execution goes on elsewhere (continue-as-new, re-run of a finished one). */
  snapshot(): unknown;
}
