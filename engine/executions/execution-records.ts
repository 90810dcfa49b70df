import type { TaskExecution, TaskRun, WorkflowExecution } from '../../stores/records.ts';
import type { ExecutionIdentity, ExecutionView, RunView, TaskView } from '../conductor/contract.ts';

/** A record as it is before it has an id of its own, or with one that is given. */
export type NewRecord<T> = Omit<T, 'id'> & { readonly id?: string };

/** Bytes of one stored value; MongoDB takes 16 MB a document. */
const VALUE_LIMIT = 4 * 1024 * 1024;
/** The same for the output of a whole workflow. */
const OUTPUT_LIMIT = 10 * 1024 * 1024;

/** How an execution is called in the records of its parts. */
export interface ExecutionNames {
  readonly uuid: string;
  readonly workflow_name: string;
}

/** What is stored of an execution when it starts. */
export function newExecutionRecord(start: {
  readonly identity: ExecutionIdentity;
  readonly workflow_id: string;
  readonly namespace: string;
  readonly definition_id: string;
  readonly description: string;
  readonly st2_execution_id?: string;
  readonly input_of?: string;
}): NewRecord<WorkflowExecution> {
  const { identity } = start;
  const isRoot = identity.parent === undefined;
  const now = new Date();
  return {
    id: identity.id,
    uuid: identity.id,
    workflow_id: start.workflow_id,
    workflow_name: identity.workflow_name,
    workflow_namespace: start.namespace,
    definition_id: start.definition_id,
    description: start.description,
    state: 'RUNNING',
    state_info: null,
    input: toText(identity.input),
    output: '{}',
    params: { json: toText(identity.params) },
    task_execution_id: identity.parent?.task_id ?? null,
    root_execution_id: isRoot ? null : identity.root_execution_id,
    ...(start.st2_execution_id === undefined ? {} : { st2_execution_id: start.st2_execution_id }),
    ...(isRoot && start.st2_execution_id !== undefined ? { start_key: start.workflow_id } : {}),
    ...(start.input_of === undefined ? {} : { input_of: start.input_of }),
    version: 0,
    created_at: now,
    updated_at: now,
  };
}

/** What is stored of a task. */
export function toTaskRecord(execution: ExecutionNames, task: TaskView): TaskExecution {
  return {
    id: task.id,
    uuid: task.id,
    name: task.name,
    type: task.type,
    workflow_execution_id: execution.uuid,
    workflow_name: execution.workflow_name,
    state: task.state,
    state_info: task.state_info,
    input: toText(task.input),
    result: toText(task.result),
    published: toText(task.published),
    ...globalText(task.published_global),
    processed: task.processed,
    sequence: task.index,
    version: task.version,
    created_at: new Date(task.created_at),
    updated_at: new Date(task.updated_at),
  };
}

/** What is stored of a run of a task's action or sub-workflow. */
export function toRunRecord(execution: ExecutionNames, task: TaskView, run: RunView): TaskRun {
  return {
    id: run.uuid,
    uuid: run.uuid,
    run_id: run.id,
    name: run.name,
    kind: task.type,
    workflow_execution_id: execution.uuid,
    workflow_name: execution.workflow_name,
    task_execution_id: task.id,
    task_name: task.name,
    state: run.state,
    accepted: run.accepted,
    input: toText(run.input),
    output: toText(run.output),
    version: run.version,
    created_at: new Date(run.created_at),
    updated_at: new Date(run.updated_at),
  };
}

/** What changes of an execution's record when its state is reported. */
export function toStateFields(
  view: ExecutionView,
): Pick<WorkflowExecution, 'state' | 'state_info' | 'output' | 'published_global' | 'version' | 'updated_at'> {
  return {
    state: view.state,
    state_info: view.state_info,
    output: toText(view.output ?? {}, OUTPUT_LIMIT),
    ...globalText(view.published_global),
    version: view.version,
    updated_at: new Date(view.updated_at),
  };
}

/** What was published to the whole workflow, as a field of a record. */
export function globalText(published: Readonly<Record<string, unknown>> | undefined): { published_global?: string } {
  return published === undefined ? {} : { published_global: toText(published) };
}

/** A value as JSON text: any key and any depth may be stored. What is bigger than `limit` bytes is replaced by a sentence. */
export function toText(value: unknown, limit = VALUE_LIMIT): string {
  const text = JSON.stringify(value ?? null);
  // A character takes three bytes at most.
  if (3 * text.length <= limit) return text;
  const bytes = Buffer.byteLength(text);
  return bytes <= limit ? text : JSON.stringify(`(${bytes} bytes, too big to be shown)`);
}

/** A value from its JSON text. */
export function fromText(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : (text ?? null);
}
