/**
 * What the workflow (sandbox) and its hosts (worker, mistral-api, tracker) agree on: names and shapes, nothing else.
 *
 * 1. The Temporal workflow type is the workflow's name. The workflow id of a root is `<name>/<execution id of ours>`, or
 *    `/<uuid>` when nobody of ours asked for it; of a sub-workflow `<id of the parent>/<run id>`.
 * 2. The activity id is the run's id, so `<workflow id>/<activity id>` names one run of one action for ever: it is the idempotency key.
 * 3. A re-run or continue-as-new is a new Temporal run under the same workflow id, restored from a snapshot.
 */
import type { ActionOutcome } from '../core/action-outcome.ts';
import type { WorkflowIr } from '../workflow-translator/ir.ts';
import type {
  Command,
  ConductorEvent,
  EffectRequest,
  ExecutionIdentity,
  ExecutionParams,
  ExecutionView,
  MistralState,
  RerunRequest,
  RunIdentity,
} from './conductor/contract.ts';

/** Search attributes (type Keyword) by which a run is found in the Temporal UI. */
export const SEARCH_ATTRIBUTES = ['st2_execution_id', 'st2_action', 'st2_pack', 'st2_user'] as const;

/** The execution of ours that a workflow belongs to. */
export interface St2Identity {
  readonly execution_id?: string;
  readonly action?: string;
  readonly pack?: string;
  readonly user?: string;
}

/** The only argument of every workflow. Self-contained: the definition may change while the workflow runs. */
export interface WorkflowArguments {
  readonly workflow: WorkflowIr;
  readonly identity: ExecutionIdentity;
  /** Namespace of definitions (Mistral's, not Temporal's) in which sub-workflows are looked up. */
  readonly namespace: string;
  readonly description: string;
  readonly st2: St2Identity;
  /** Who has started it, where mistral-api asks: in whose name its actions run when it belongs to no execution of ours. */
  readonly owner?: string;
  /** The user of the execution of ours that it belongs to, as stored when it started; `undefined` once it belongs to another one. */
  readonly acting_user?: string;
  /** The run of the parent workflow that this one carries out. */
  readonly parent_run?: { readonly workflow_id: string; readonly run_id: string };
  readonly resumed?: ResumedState;
}

/** An execution that goes on: after continue-as-new, or because it is run again. */
export interface ResumedState {
  readonly snapshot: unknown;
  /** What was under way and has to be asked for again. */
  readonly pending: readonly Command[];
  /** When the waiting actions among them end, by run id; milliseconds since the epoch. */
  readonly deadlines?: Readonly<Record<string, number>>;
  /** Those among them whose request has been sent already, by run id. */
  readonly sent?: readonly string[];
  /** What happens next, for a re-run. */
  readonly event?: ConductorEvent;
  /** Version of the view that was reported last. */
  readonly reported: number;
}

/** Tells which of two messages is the later one: who they are from, and a number that grows from one to the next. */
export interface OrderMark {
  readonly from: string;
  readonly number: number;
}

/** Names of the signals. Each takes one argument, or none. */
export const SIGNALS = {
  pause: 'pause',
  resume: 'resume',
  cancel: 'cancel',
  stop: 'stop',
  rerun: 'rerun',
  skip: 'skip',
  actionUpdated: 'actionUpdated',
  completeAction: 'completeAction',
  subWorkflowUpdated: 'subWorkflowUpdated',
} as const;

export interface SignalArguments {
  readonly pause: { readonly mark?: OrderMark } | undefined;
  readonly resume: { readonly env?: Readonly<Record<string, unknown>>; readonly mark?: OrderMark } | undefined;
  readonly cancel: { readonly message?: string } | undefined;
  readonly stop: { readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED'; readonly message?: string };
  readonly rerun: {
    readonly tasks: readonly RerunRequest[];
    readonly env?: Readonly<Record<string, unknown>>;
  };
  readonly skip: { readonly task: string };
  readonly actionUpdated: {
    readonly id: string;
    readonly state: 'PAUSED' | 'RUNNING';
    readonly mark?: OrderMark | undefined;
  };
  readonly completeAction: {
    readonly id: string;
    readonly state: 'SUCCESS' | 'ERROR' | 'CANCELLED';
    readonly result: unknown;
  };
  /** From a sub-workflow: paused, running again, or decided while some of its actions still run. */
  readonly subWorkflowUpdated: {
    readonly id: string;
    readonly state: 'PAUSED' | 'RUNNING' | 'SUCCESS' | 'ERROR' | 'CANCELLED';
    readonly output?: unknown;
    readonly state_info?: string | null;
    readonly mark?: OrderMark;
  };
}

/** Name of the query `view(since?: number, limit?: number)`: answers a {@link LiveView}. */
export const VIEW_QUERY = 'view';

/** The view of an execution with what its host knows beside. */
export interface LiveView extends ExecutionView {
  readonly params: Readonly<Record<string, unknown>>;
  /** Ids of the runs that an activity carries out now. */
  readonly open_activities: readonly string[];
  /** Runs that are to be carried out by an activity and wait for their turn. Not told by interpreters of before. */
  readonly waiting?: number;
}

/** In whose name a workflow acts: of the user of the execution of ours that it belongs to, or else of who has started it. */
export interface InTheNameOf {
  readonly st2_execution_id?: string;
  readonly owner?: string;
  /** The user of the execution, as stored; is looked up where it is not given. */
  readonly acting_user?: string;
}

/** Argument of the activity `st2.action`. */
export interface St2ActionRequest extends InTheNameOf {
  readonly run: Pick<RunIdentity, 'id' | 'uuid' | 'task_id' | 'task_name'>;
  /** As the workflow wrote it: `ref`, `parameters`, `st2_context`. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly workflow: { readonly execution_id: string; readonly name: string };
  /** How many of these the workflow schedules in one breath, where it is more than this one. */
  readonly together?: number;
}

/**
 * Activities by name. Those of the `std` pack take the action's input; `std.mistral_http` ends when its request is answered, and the
 * run when somebody completes it. `engine.come_back` does nothing: what it is for is the workflow task that its end begins. `engine.look_up`
 * fetches effects that ask other workflows.
 */
export interface Activities {
  'st2.action'(request: St2ActionRequest): Promise<ActionOutcome>;
  'std.http'(input: Readonly<Record<string, unknown>>): Promise<unknown>;
  'std.mistral_http'(request: St2ActionRequest): Promise<unknown>;
  'std.email'(input: Readonly<Record<string, unknown>>): Promise<unknown>;
  'engine.come_back'(): Promise<void>;
  'engine.look_up'(request: EffectsRequest): Promise<EffectResults>;
}

/** What the workflow has done beside activities, in its own worker. */
export interface LocalActivities {
  reportState(report: StateReport): Promise<void>;
  startSubWorkflow(request: SubWorkflowRequest): Promise<SubWorkflowStart | { refused: string }>;
  fetchEffects(request: EffectsRequest): Promise<EffectResults>;
  loadSnapshot(workflow_id: string): Promise<WorkflowArguments | undefined>;
}

/** For each effect its value, or why there is none. */
export type EffectResults = readonly ({ readonly value: unknown } | { readonly error: string })[];

export interface EffectsRequest extends InTheNameOf {
  readonly effects: readonly EffectRequest[];
  /** Which execution asks. Not told by interpreters of before. */
  readonly execution?: Pick<ExecutionIdentity, 'id' | 'root_execution_id'>;
}

export interface SubWorkflowRequest {
  readonly names: readonly string[];
  readonly namespace: string;
  readonly identity: Omit<ExecutionIdentity, 'workflow_name'>;
  readonly workflow_id: string;
  readonly st2: St2Identity;
}

/** A sub-workflow that may start: its definition, and what was given to it sorted out into input and parameters. */
export interface SubWorkflowStart {
  readonly workflow: WorkflowIr;
  readonly input: Readonly<Record<string, unknown>>;
  readonly params: ExecutionParams;
}

/** What a workflow says of itself when its state has changed. */
export interface StateReport {
  readonly uuid: string;
  readonly workflow_id: string;
  readonly workflow_name: string;
  readonly st2_execution_id?: string;
  readonly parent_execution_id?: string;
  /** What has changed since the last report, or a part of it: the state counts with the last part, which has no `more`. */
  readonly view: ExecutionView;
  readonly params: Readonly<Record<string, unknown>>;
  /** The arguments to go on from, for an execution that may be run again. */
  readonly restart?: WorkflowArguments;
}

/** States that nothing follows, but for a re-run. */
export function isFinalState(state: MistralState | string): boolean {
  return state === 'SUCCESS' || state === 'ERROR' || state === 'CANCELLED';
}

/** Splits `pack.name` into what the search attributes need. */
export function packOf(action: string): string {
  return action.split('.', 1)[0] ?? action;
}
