import { randomUUID } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { ConflictError, NotFoundError, PreconditionError, ValidationError } from '../../core/errors.ts';
import { rememberSecrets } from '../../platform/temporal/secret-values.ts';
import type { WorkflowExecution } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import type { ExecutionParams } from '../conductor/contract.ts';
import { startProblem } from '../conductor/workflow-start.ts';
import { packOf, type St2Identity, type WorkflowArguments } from '../contract.ts';
import { checksumOf } from '../definitions/checksum.ts';
import type { FindExactWorkflow } from '../definitions/find-exact-workflow.ts';
import { type FoundWorkflow, findWorkflow, findWorkflowById } from '../definitions/find-workflow.ts';
import { assertOwn, userOfEnvironment } from './assert-own-execution.ts';
import { fromText, type NewRecord, newExecutionRecord } from './execution-records.ts';
import { isPassingFailure } from './passing-failure.ts';

export interface StartContext {
  readonly stores: Stores;
  readonly client: Client;
  readonly taskQueue: string;
  /** Where many are started by the text of their definition. */
  readonly exactWorkflows?: FindExactWorkflow;
}

export interface StartRequest {
  /** UUID; the same one again gives the same execution. */
  readonly id?: string;
  readonly workflow_id?: string;
  readonly workflow_name?: string;
  /** Where the workflow and its sub-workflows are looked up; that of the workflow when empty. */
  readonly namespace: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** `env` may be the name of a stored environment. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly description: string;
  /** Execution of ours whose input is given. */
  readonly input_of?: string;
  /** Checksum of the definition that is meant; whichever is stored when absent. */
  readonly checksum?: string;
  /** Whose request it is, where mistral-api asks for a token. */
  readonly user?: string;
}

export interface StartedExecution {
  readonly record: WorkflowExecution;
  /** It was started before, by an earlier request or by somebody else's. */
  readonly isKnown: boolean;
}

/**
 * Starts a workflow. Asking again for the same execution of ours (`params.env.st2_execution_id`) gives the one started before.
 *
 * @throws NotFoundError when there is no such workflow
 * @throws ValidationError when the input does not fit, or there is no such environment
 * @throws PreconditionError when the stored definition is not the one that is meant
 * @throws ForbiddenError when it is to belong to an execution of another user
 */
export async function startExecution(context: StartContext, request: StartRequest): Promise<StartedExecution> {
  const { stores } = context;
  const { workflow, definition } = await loadWorkflow(context, request);
  if (request.checksum !== undefined && request.checksum !== checksumOf(definition.definition)) {
    throw new PreconditionError(`The definition of workflow "${workflow.name}" is another one.`);
  }
  const problem = startProblem(workflow, request.input, request.params);
  if (problem !== undefined) throw new ValidationError(problem);
  const params = await withEnvironment(stores, request.params);
  const lookedUp = userOfEnvironment(stores, params.env);
  // Nothing is stored for who may not.
  if (request.user !== undefined) assertOwn(params.env, await lookedUp, request.user);
  const st2 = toSt2Identity(params.env ?? {}, workflow.name);
  const uuid = request.id ?? randomUUID();
  const workflow_id = `${workflow.name}/${st2.execution_id ?? uuid}`;
  const asked = { workflow_name: workflow.name, input: request.input, params };
  const fresh = newExecutionRecord({
    identity: { ...asked, id: uuid, root_execution_id: uuid },
    workflow_id,
    namespace: definition.namespace,
    definition_id: definition.id,
    description: request.description,
    st2_execution_id: st2.execution_id,
    input_of: request.input_of,
  });
  const [{ record, isNew }, acting_user] = await Promise.all([insertOnce(stores, fresh), lookedUp]);
  const identity = { ...asked, id: record.uuid, root_execution_id: record.uuid };
  const namespace = request.namespace || definition.namespace;
  const args = {
    workflow,
    identity,
    st2,
    namespace,
    description: request.description,
    owner: request.user,
    acting_user,
  };
  try {
    await launch(context, record.workflow_id, args);
  } catch (error) {
    // It may run for all that: who asks again for the same execution of ours has to find it under the same id.
    const isUnsure = st2.execution_id !== undefined && isPassingFailure(error);
    if (isNew && !isUnsure) await stores.workflowExecutions.removeOne({ uuid: record.uuid });
    throw error;
  }
  return { record, isKnown: !isNew };
}

/** Stores the record unless an earlier request, or the same one at this moment, has done so. */
async function insertOnce(
  { workflowExecutions }: Stores,
  record: NewRecord<WorkflowExecution>,
): Promise<{ readonly record: WorkflowExecution; readonly isNew: boolean }> {
  try {
    return { record: await workflowExecutions.insert(record), isNew: true };
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const { uuid, start_key } = record;
    const known =
      (start_key === undefined ? undefined : await workflowExecutions.findOne({ start_key })) ??
      (await workflowExecutions.findOne({ uuid }));
    if (known === undefined) throw error;
    return { record: known, isNew: false };
  }
}

/** Starts the Temporal workflow, or finds it started. */
async function launch(context: StartContext, workflowId: string, args: WorkflowArguments): Promise<void> {
  try {
    await context.client.workflow.start(args.workflow.name, {
      ...startOptions(context, workflowId, args),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** What a run looks like in the Temporal UI. */
export function startOptions({ taskQueue }: StartContext, workflowId: string, args: WorkflowArguments) {
  const { st2, identity, workflow } = args;
  rememberSecretInputs(identity.input, identity.params.env);
  const attributes = {
    st2_execution_id: st2.execution_id,
    st2_action: st2.action,
    st2_pack: st2.pack,
    st2_user: st2.user,
  };
  const searchAttributes = Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]])),
  );
  return {
    workflowId,
    taskQueue,
    args: [args],
    searchAttributes,
    memo: { execution_id: st2.execution_id ?? null, mistral_execution_id: identity.id },
    staticSummary: args.description || workflow.description || undefined,
    staticDetails: workflow.description,
  };
}

/** By the names that StackStorm's runner gives with the environment. */
function rememberSecretInputs(
  input: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, unknown>> | undefined,
): void {
  const names = env?.__secret_inputs;
  if (Array.isArray(names)) for (const name of names) rememberSecrets(input[String(name)]);
}

async function loadWorkflow(
  { stores, exactWorkflows }: StartContext,
  { workflow_id, workflow_name, namespace, checksum }: StartRequest,
): Promise<FoundWorkflow> {
  const name = workflow_id ?? workflow_name;
  if (name === undefined || name === '') {
    throw new ValidationError('Workflow ID or workflow name must be provided. Workflow ID is recommended.');
  }
  const byName = () =>
    checksum === undefined || exactWorkflows === undefined
      ? findWorkflow(stores, [name], namespace)
      : exactWorkflows(name, namespace, checksum);
  const found =
    (workflow_id === undefined ? undefined : await findWorkflowById(stores, workflow_id)) ?? (await byName());
  if (found !== undefined) return found;
  throw new NotFoundError(`Workflow not found [workflow_identifier=${name}, namespace=${namespace}]`);
}

/** The variables of the environment in the place of its name; words and status of Mistral. */
async function withEnvironment(stores: Stores, params: Readonly<Record<string, unknown>>): Promise<ExecutionParams> {
  const { env } = params;
  if (typeof env !== 'string') return params;
  if (env === '') return { ...params, env: {} };
  const found = await stores.environments.findOne({ name: env });
  if (found === undefined) throw new ValidationError(`Environment is not found: ${env}`);
  return { ...params, env: fromText(found.variables) as ExecutionParams['env'] };
}

function toSt2Identity(env: Readonly<Record<string, unknown>>, workflowName: string): St2Identity {
  const text = (key: string) => (typeof env[key] === 'string' && env[key] !== '' ? env[key] : undefined);
  const execution_id = text('st2_execution_id');
  if (execution_id === undefined) return {};
  const action = text('st2_action') ?? workflowName;
  return { execution_id, action, pack: text('st2_pack') ?? packOf(action), user: text('st2_user') };
}
