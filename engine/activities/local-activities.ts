import { inflateRawSync } from 'node:zlib';
import type { KeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Bus } from '../../platform/bus/bus.ts';
import type { BlobStore } from '../../platform/temporal/blob-store.ts';
import { rememberSecrets } from '../../platform/temporal/secret-values.ts';
import type { Stores } from '../../stores/stores.ts';
import { splitSubWorkflowInput, startProblem } from '../conductor/workflow-start.ts';
import type {
  EffectsRequest,
  InTheNameOf,
  LocalActivities,
  SubWorkflowRequest,
  WorkflowArguments,
} from '../contract.ts';
import { findWorkflow } from '../definitions/find-workflow.ts';
import { newExecutionRecord } from '../executions/execution-records.ts';
import { createStateWriter } from '../executions/write-state.ts';

export interface LocalActivityContext {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly blobs: BlobStore;
  readonly keyValues: KeyValueService;
  /** In whose name values are read. */
  credentialsFor(of: InTheNameOf): Promise<{ readonly user: string }>;
}

/** What workflows have done in their own worker, without a way through the server. All are safe to repeat. */
export function createLocalActivities(context: LocalActivityContext): LocalActivities {
  const { stores, blobs } = context;
  return {
    reportState: createStateWriter(context),
    startSubWorkflow: (request) => startSubWorkflow(stores, request),
    fetchEffects: (request) => fetchEffects(context, request),
    async loadSnapshot(workflow_id) {
      const record = await stores.workflowExecutions.findOne({ workflow_id });
      return record?.restart_key === undefined ? undefined : await loadRestart(blobs, record.restart_key);
    },
  };
}

/** Reads what a finished execution may be run again from. */
export async function loadRestart(blobs: BlobStore, key: string): Promise<WorkflowArguments> {
  return JSON.parse(inflateRawSync(await blobs.get(key)).toString('utf8')) as WorkflowArguments;
}

async function startSubWorkflow(
  stores: Stores,
  request: SubWorkflowRequest,
): ReturnType<LocalActivities['startSubWorkflow']> {
  const { names, namespace, identity } = request;
  const found = await findWorkflow(stores, names, namespace);
  if (found === undefined)
    return { refused: `Failed to find workflow [name=${names.at(-1)}] [namespace=${namespace}]` };
  const { workflow, definition } = found;
  const { input, params } = splitSubWorkflowInput(workflow, identity.input, identity.params);
  const problem = startProblem(workflow, input, params);
  if (problem !== undefined) return { refused: problem };
  if ((await stores.workflowExecutions.findOne({ uuid: identity.id }, { include: ['id'] })) === undefined) {
    await stores.workflowExecutions.insert(
      newExecutionRecord({
        identity: { ...identity, workflow_name: workflow.name, input, params },
        workflow_id: request.workflow_id,
        namespace: definition.namespace,
        definition_id: definition.id,
        description: 'sub-workflow execution',
        st2_execution_id: request.st2.execution_id,
      }),
    );
  }
  return { workflow, input, params };
}

async function fetchEffects(
  { keyValues, credentialsFor }: LocalActivityContext,
  { effects, ...of }: EffectsRequest,
): ReturnType<LocalActivities['fetchEffects']> {
  const { user } = await credentialsFor(of);
  const fetchOne = async ({ kind, key, args }: EffectsRequest['effects'][number]) => {
    if (kind !== 'st2kv') return { error: `There is nothing called ${kind}.` };
    try {
      const decrypt = args.decrypt === true;
      const value = await keyValues.getForExpression({ key: toScopedKey(key), decrypt, user });
      if (decrypt) rememberSecrets(value);
      return { value };
    } catch (error) {
      return { error: errorMessage(error) };
    }
  };
  return await Promise.all(effects.map(fetchOne));
}

/** Source: StackStorm's functions for Mistral: what does not name the system's scope is a key of the user. */
function toScopedKey(key: string): string {
  return /^(st2kv\.)?(system|user)\./.test(key) ? key : `user.${key}`;
}
