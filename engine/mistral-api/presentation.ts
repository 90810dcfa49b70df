/** How records look to Mistral's clients. `input`, `params` and `output` are JSON text, times have no fraction. */
import type { TaskExecution, TaskRun, WorkflowDefinition, WorkflowExecution } from '../../stores/records.ts';
import { fromText } from '../executions/execution-records.ts';
import type { Resource } from './listing.ts';
import type { WorkflowPlace } from './workflow-places.ts';

/** Mistral's form of a time: `2017-04-14 19:52:28`, UTC. */
export function toTime(value: Date | string | undefined | null): string | null {
  if (value === undefined || value === null) return null;
  return new Date(value).toISOString().slice(0, 19).replace('T', ' ');
}

export function presentDefinition(record: WorkflowDefinition): Resource {
  return {
    id: record.id,
    name: record.name,
    namespace: record.namespace,
    input: record.input,
    definition: record.definition,
    tags: record.tags,
    scope: record.scope,
    project_id: '<default-project>',
    created_at: toTime(record.created_at),
    updated_at: toTime(record.updated_at),
  };
}

export const DEFINITION_FIELDS = [
  'id',
  'name',
  'namespace',
  'input',
  'interface',
  'checksum',
  'definition',
  'tags',
  'scope',
  'project_id',
  'created_at',
  'updated_at',
] as const;

export function presentExecution(record: WorkflowExecution): Resource {
  return {
    id: record.uuid,
    workflow_id: record.definition_id ?? null,
    workflow_name: record.workflow_name,
    workflow_namespace: record.workflow_namespace,
    description: record.description,
    tags: [],
    params: paramsText(record),
    task_execution_id: record.task_execution_id,
    root_execution_id: record.root_execution_id,
    source_execution_id: null,
    state: record.state,
    state_info: record.state_info,
    input: String(record.input),
    output: String(record.output),
    project_id: '<default-project>',
    created_at: toTime(record.created_at),
    updated_at: toTime(record.updated_at),
  };
}

/** One execution that was asked for tells of its global variables, too. */
export function presentOneExecution(record: WorkflowExecution): Resource {
  return { ...presentExecution(record), published_global: record.published_global ?? '{}' };
}

export const EXECUTION_FIELDS = [
  'id',
  'workflow_id',
  'workflow_name',
  'workflow_namespace',
  'description',
  'tags',
  'params',
  'task_execution_id',
  'root_execution_id',
  'source_execution_id',
  'state',
  'state_info',
  'input',
  'output',
  'project_id',
  'created_at',
  'updated_at',
  'published_global',
] as const;

function paramsText(record: WorkflowExecution): string {
  const text = record.params.json;
  return typeof text === 'string' ? text : JSON.stringify(record.params);
}

export function presentTask(record: TaskExecution, place: WorkflowPlace): Resource {
  const { started_at, finished_at } = runTimes(record);
  return {
    id: record.uuid,
    name: record.name,
    type: record.type,
    workflow_name: record.workflow_name,
    workflow_namespace: place.namespace,
    workflow_id: place.definition_id,
    workflow_execution_id: record.workflow_execution_id,
    tags: [],
    state: record.state,
    state_info: record.state_info,
    project_id: '<default-project>',
    runtime_context: '{}',
    result: String(record.result),
    published: String(record.published),
    processed: record.processed,
    created_at: toTime(record.created_at),
    updated_at: toTime(record.updated_at),
    started_at,
    finished_at,
  };
}

/** One task that was asked for tells of the global variables that it has published, too. */
export function presentOneTask(record: TaskExecution, place: WorkflowPlace): Resource {
  const { published_global } = record;
  return { ...presentTask(record, place), ...(published_global === undefined ? {} : { published_global }) };
}

export const TASK_FIELDS = [
  'id',
  'name',
  'type',
  'workflow_name',
  'workflow_namespace',
  'workflow_id',
  'workflow_execution_id',
  'tags',
  'state',
  'state_info',
  'project_id',
  'runtime_context',
  'result',
  'published',
  'processed',
  'created_at',
  'updated_at',
  'started_at',
  'finished_at',
  'reset',
  'env',
] as const;

function runTimes(record: TaskExecution) {
  const isFinished = ['SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED'].includes(record.state);
  return { started_at: toTime(record.created_at), finished_at: isFinished ? toTime(record.updated_at) : null };
}

/** A run of a task's action as stored: `input` and `output` are JSON text. */
export function presentActionExecution(run: TaskRun, place: WorkflowPlace): Resource {
  const isDone = run.state !== 'RUNNING' && run.state !== 'IDLE' && run.state !== 'PAUSED';
  return {
    id: run.uuid,
    name: run.name,
    workflow_name: run.workflow_name,
    workflow_namespace: place.namespace,
    task_name: run.task_name,
    task_execution_id: run.task_execution_id,
    state: run.state,
    state_info: null,
    tags: [],
    description: '',
    project_id: '<default-project>',
    accepted: run.accepted,
    input: run.input,
    output: isDone ? JSON.stringify({ result: fromText(run.output) }) : '{}',
    created_at: toTime(run.created_at),
    updated_at: toTime(run.updated_at),
  };
}

export const ACTION_EXECUTION_FIELDS = [
  'id',
  'name',
  'workflow_name',
  'workflow_namespace',
  'task_name',
  'task_execution_id',
  'state',
  'state_info',
  'tags',
  'description',
  'project_id',
  'accepted',
  'input',
  'output',
  'created_at',
  'updated_at',
] as const;
