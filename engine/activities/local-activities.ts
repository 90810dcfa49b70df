import { inflateRawSync } from 'node:zlib';
import type { Bus } from '../../platform/bus/bus.ts';
import type { BlobStore } from '../../platform/temporal/blob-store.ts';
import type { Stores } from '../../stores/stores.ts';
import { splitSubWorkflowInput, startProblem } from '../conductor/workflow-start.ts';
import type { LocalActivities, SubWorkflowRequest, WorkflowArguments } from '../contract.ts';
import { findWorkflow } from '../definitions/find-workflow.ts';
import { newExecutionRecord } from '../executions/execution-records.ts';
import { createStateWriter } from '../executions/write-state.ts';
import { createFetchEffects, type EffectsContext } from './effects/effects.ts';

export interface LocalActivityContext extends EffectsContext {
  readonly bus: Bus;
  readonly blobs: BlobStore;
}

/** What workflows have done in their own worker, without a way through the server. All are safe to repeat. */
export function createLocalActivities(context: LocalActivityContext): LocalActivities {
  const { stores, blobs } = context;
  return {
    reportState: createStateWriter(context),
    startSubWorkflow: (request) => startSubWorkflow(stores, request),
    fetchEffects: createFetchEffects(context),
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
