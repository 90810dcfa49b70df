/** The workflow that a trigger starts: as a request names it, as it is stored, and as clients see it. */
import { ValidationError } from '../../core/errors.ts';
import type { OpenRecord, WorkflowDefinition } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { startProblem } from '../conductor/workflow-start.ts';
import { findWorkflowById } from '../definitions/find-workflow.ts';
import { findDefinition } from '../definitions/store-definitions.ts';
import { fromText, toText } from '../executions/execution-records.ts';
import type { Resource } from './listing.ts';
import { type Body, objectField, scopeField } from './request-body.ts';

export interface TriggeredWorkflow {
  readonly definition: WorkflowDefinition;
  /** What is stored of it. */
  readonly fields: {
    readonly workflow_id: string;
    /** JSON texts. */
    readonly workflow_input: string;
    readonly workflow_params: string;
    readonly scope: string;
  };
}

/**
 * @param identifier name or id of the workflow
 * @throws NotFoundError when there is no such workflow
 * @throws ValidationError when it cannot be started with the input and the parameters
 */
export async function readTriggeredWorkflow(
  stores: Stores,
  body: Body,
  identifier: string,
): Promise<TriggeredWorkflow> {
  const definition = await findDefinition(stores, 'workflow', identifier, '');
  const input = objectField(body, 'workflow_input');
  const params = objectField(body, 'workflow_params');
  const found = await findWorkflowById(stores, definition.id);
  const problem = found && startProblem(found.workflow, input, params);
  if (problem !== undefined) throw new ValidationError(problem);
  return {
    definition,
    fields: {
      workflow_id: definition.id,
      workflow_input: toText(input),
      workflow_params: toText(params),
      scope: scopeField(body),
    },
  };
}

export function presentTriggeredWorkflow(trigger: OpenRecord): Resource {
  return {
    workflow_id: trigger.workflow_id,
    workflow_input: JSON.stringify(fromText(trigger.workflow_input)),
    workflow_params: JSON.stringify(fromText(trigger.workflow_params)),
    scope: trigger.scope,
    project_id: '<default-project>',
  };
}
