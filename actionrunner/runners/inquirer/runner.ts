/** Asks a question: the execution stays `pending` until it is answered (PUT /v1/inquiries/{id}) or its time is over. */

import { createTriggerDispatch } from '../../../action-service/triggers/dispatch-trigger.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { EXECUTION_STATUSES } from '../../../core/statuses.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { RunContext, Runner } from '../contract.ts';
import { waitForStatus } from '../execution-watch.ts';

const INQUIRY_TRIGGER = 'core.st2.generic.inquiry';
const BEGUN = EXECUTION_STATUSES.filter((status) => !['requested', 'delayed', 'scheduled'].includes(status));
/** Deeper nesting of workflows than this is a loop in the records. */
const MAX_DEPTH = 100;

async function rootOf(context: RunContext): Promise<Execution | undefined> {
  const { executions } = context.services.stores;
  let root: Execution | undefined;
  let parent = context.execution.parent;
  for (let depth = 0; parent !== undefined && depth < MAX_DEPTH; depth += 1) {
    const found: Execution | undefined = await executions.get(parent, { exclude: ['result'] });
    if (found === undefined) break;
    root = found;
    parent = found.parent;
  }
  return root;
}

export const inquirerRunner: Runner = {
  name: 'inquirer',

  async run(context) {
    const { schema, roles = [], users = [], route = '', ttl = 1440 } = context.runnerParameters;
    return { status: 'pending', result: { schema, roles, users, route, ttl } };
  },

  /** Once it is pending, people are told and the whole workflow that waits for the answer is paused. */
  async afterRun(context, outcome) {
    if (outcome.status !== 'pending') return;
    const { stores, bus, actions } = context.services;
    const { route = '' } = context.runnerParameters;
    await createTriggerDispatch(
      stores,
      bus,
    )({
      trigger: INQUIRY_TRIGGER,
      payload: { id: context.execution.id, route },
    });
    const root = await rootOf(context);
    if (root === undefined || context.execution.context.orquesta !== undefined) return;
    // Its first tasks may be here before the runner that started it has said that it runs.
    await waitForStatus(context.services, root.id, BEGUN, context.signal);
    try {
      await actions.pause(root.id, context.user);
    } catch (error) {
      // It is paused, or over: another question came first, or somebody canceled it.
      if (!(error instanceof ValidationError)) throw error;
      context.logger.info({ root: root.id, reason: errorMessage(error) }, 'workflow of an inquiry was not paused');
    }
  },
};
