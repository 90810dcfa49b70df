import type { TaskExecution, WorkflowExecution } from '../../stores/records.ts';
import type { ExecutionIdentity, ExecutionView, TaskView } from '../conductor/contract.ts';

/** A record as it is before it has an id of its own, or with one that is given. */
export type NewRecord<T> = Omit<T, 'id'> & { readonly id?: string };

/** Bytes of one stored value; MongoDB takes 16 MB a document. */
const VALUE_LIMIT = 4 * 1024 * 1024;
const RUNS_LIMIT = 8 * 1024 * 1024;

/** What is stored of an execution when it starts. */
export function newExecutionRecord(start: {
  readonly identity: ExecutionIdentity;
  readonly workflow_id: string;
  readonly namespace: string;
  readonly definition_id: string;
  readonly description: string;
  readonly st2_execution_id?: string;
}): NewRecord<WorkflowExecution> {
  const { identity } = start;
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
    root_execution_id: identity.parent === undefined ? null : identity.root_execution_id,
    ...(start.st2_execution_id === undefined ? {} : { st2_execution_id: start.st2_execution_id }),
    version: 0,
    created_at: now,
    updated_at: now,
  };
}

/** What is stored of a task. */
export function toTaskRecord(
  execution: { readonly uuid: string; readonly workflow_name: string },
  task: TaskView,
  sequence: number,
  version: number,
): NewRecord<TaskExecution> {
  const runs = task.runs.map(({ input, output, ...run }) => ({ ...run, input: toText(input), output: toText(output) }));
  const size = runs.reduce((sum, run) => sum + run.input.length + run.output.length, 0);
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
    processed: task.processed,
    sequence,
    version,
    runs: size <= RUNS_LIMIT ? runs : runs.map((run) => ({ ...run, input: '{}', output: '{}' })),
    created_at: new Date(task.created_at),
    updated_at: new Date(task.updated_at),
  };
}

/** What changes of an execution's record when its state is reported. */
export function toStateFields(
  view: ExecutionView,
): Pick<WorkflowExecution, 'state' | 'state_info' | 'output' | 'version' | 'updated_at'> {
  return {
    state: view.state,
    state_info: view.state_info,
    output: toText(view.output ?? {}),
    version: view.version,
    updated_at: new Date(view.updated_at),
  };
}

/** A value as JSON text: any key and any depth may be stored. What is far too big is replaced by a sentence. */
export function toText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length <= VALUE_LIMIT ? text : JSON.stringify(`(${text.length} bytes, too big to be shown)`);
}

/** A value from its JSON text. */
export function fromText(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : (text ?? null);
}
