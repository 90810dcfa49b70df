/** Shapes of the smaller records. Field names are StackStorm's: they go to clients as they are. */
import type { Stored } from './collection.ts';

/** JSON Schema of one parameter with StackStorm's additions (`required`, `secret`, `immutable`, `position` as properties). */
export type ParameterSchema = Readonly<Record<string, unknown>>;
export type ParameterSchemas = Readonly<Record<string, ParameterSchema>>;

export interface RunnerType extends Stored {
  readonly name: string;
  readonly uid: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly runner_package: string;
  readonly runner_module: string;
  readonly query_module?: string;
  readonly runner_parameters: ParameterSchemas;
  readonly output_key?: string;
  readonly output_schema?: unknown;
}

/** What every piece of a pack has. `ref` is `pack.name`. */
export interface PackContent extends Stored {
  readonly ref: string;
  readonly uid: string;
  readonly name: string;
  readonly pack: string;
  readonly description?: string;
  readonly metadata_file?: string;
}

export interface Action extends PackContent {
  readonly enabled: boolean;
  readonly runner_type: string;
  readonly entry_point: string;
  readonly parameters: ParameterSchemas;
  readonly output_schema?: unknown;
  readonly tags: readonly unknown[];
  readonly notify: Readonly<Record<string, unknown>>;
}

export interface Pack extends Stored {
  readonly ref: string;
  readonly uid: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly author: string;
  /** Folder on disk. */
  readonly path: string;
  readonly [other: string]: unknown;
}

/** Records whose shape is checked where they come in (API schema or registrar) and that nothing else looks into. */
export interface OpenRecord extends Stored {
  readonly [field: string]: unknown;
}

export interface OpenContent extends PackContent {
  readonly [field: string]: unknown;
}

export interface KeyValue extends Stored {
  /** `st2kv.system` or `st2kv.user`. */
  readonly scope: string;
  /** For user scope `<user>:<name>`. */
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
  readonly encrypted: boolean;
  readonly description?: string;
  readonly expire_timestamp?: Date;
}

export interface User extends Stored {
  readonly name: string;
  readonly is_service: boolean;
  readonly nicknames: Readonly<Record<string, string>>;
}

export interface Token extends Stored {
  readonly user: string;
  /** SHA-256 of the token: the token itself is not stored. */
  readonly token_hash: string;
  readonly expiry: Date;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly service: boolean;
}

export interface ApiKey extends Stored {
  readonly user: string;
  /** SHA-512 of the key, as StackStorm stores it. */
  readonly key_hash: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
  readonly enabled: boolean;
}

/** An immutable copy of a record, found by the hash of its content. */
export interface Snapshot extends Stored {
  readonly hash: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** When an execution was last made with it, within the hour. */
  readonly used_at: Date;
}

/** A piece of a running action's output. */
export interface ExecutionOutput extends Stored {
  readonly execution_id: string;
  readonly action_ref: string;
  readonly runner_ref: string;
  readonly timestamp: Date;
  readonly output_type: 'stdout' | 'stderr' | 'other';
  readonly data: string;
  readonly sequence: number;
}

/** A workflow definition as mistral-api holds it. */
export interface WorkflowDefinition extends Stored {
  readonly name: string;
  readonly namespace: string;
  readonly kind: 'workflow' | 'workbook' | 'action';
  /** Workbook it came with. */
  readonly workbook?: string;
  readonly definition: string;
  /** Compiled form (WorkflowIr, AdHocActionIr). */
  readonly ir?: unknown;
  readonly input: string;
  readonly tags: readonly string[];
  readonly scope: string;
  readonly created_at: Date;
  readonly updated_at?: Date;
}

/**
 * State of a workflow execution as the engine last reported it (collection `workflow_executions`).
 * `input` and `output` are JSON text, as are `input`, `result` and `published` of tasks: any value may be stored.
 */
export interface WorkflowExecution extends Stored {
  /** UUID that mistral clients see. */
  readonly uuid: string;
  /** Temporal's workflow id. */
  readonly workflow_id: string;
  readonly workflow_name: string;
  readonly workflow_namespace: string;
  readonly description: string;
  readonly state: string;
  readonly state_info: string | null;
  readonly input: unknown;
  readonly output: unknown;
  /** JSON text, where tasks published something to the whole workflow. */
  readonly published_global?: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly task_execution_id: string | null;
  readonly root_execution_id: string | null;
  /** Execution of ours it belongs to. */
  readonly st2_execution_id?: string;
  /** Its Temporal workflow id, where it carries out an execution of ours: there is one such workflow only. */
  readonly start_key?: string;
  /** Execution of ours whose input it was started with, as a copy of that one's workflow. */
  readonly input_of?: string;
  /** Definition it was started from. */
  readonly definition_id?: string;
  /** Key of the body (blob store) to run it again from. */
  readonly restart_key?: string;
  /** Environment that the next re-run gets. */
  readonly pending_env?: Readonly<Record<string, unknown>>;
  /** Version of the workflow's view up to which its tasks are stored. */
  readonly synced_version?: number;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** A task execution as the engine last reported it (collection `task_executions`). */
export interface TaskExecution extends Stored {
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly workflow_execution_id: string;
  readonly workflow_name: string;
  readonly state: string;
  readonly state_info: string | null;
  readonly input: unknown;
  readonly result: unknown;
  readonly published: unknown;
  /** JSON text, where it published something to the whole workflow. */
  readonly published_global?: string;
  readonly processed: boolean;
  /** Position in the workflow execution. */
  readonly sequence: number;
  /** Version of the workflow's view at which it changed last: an older one does not replace a newer one. */
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/**
 * A run of a task's action or sub-workflow: an action execution in Mistral's words (collection `task_runs`).
 * `input` and `output` are JSON text.
 */
export interface TaskRun extends Stored {
  readonly uuid: string;
  /** Id of the activity or sub-workflow, unique in the workflow execution. */
  readonly run_id: string;
  /** Name of the action or workflow. */
  readonly name: string;
  readonly kind: string;
  readonly workflow_execution_id: string;
  readonly workflow_name: string;
  readonly task_execution_id: string;
  readonly task_name: string;
  readonly state: string;
  readonly accepted: boolean;
  readonly input: string;
  readonly output: string;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}
