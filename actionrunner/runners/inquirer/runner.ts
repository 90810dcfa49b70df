/** Asks a question: the execution stays `pending` until it is answered (PUT /v1/inquiries/{id}) or its time is over. */

import { rootOf } from '../../../action-service/root-execution.ts';
import { createTriggerDispatch } from '../../../action-service/triggers/dispatch-trigger.ts';
import { EXECUTION_STATUSES } from '../../../core/statuses.ts';
import { withDatabase } from '../../../platform/mongo/with-database.ts';
import { newId } from '../../../stores/collection.ts';
import type { Runner } from '../contract.ts';
import { waitForStatus } from '../execution-watch.ts';

const INQUIRY_TRIGGER = 'core.st2.generic.inquiry';
const BEGUN = EXECUTION_STATUSES.filter((status) => !['requested', 'delayed', 'scheduled'].includes(status));

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
    // The question is asked: nobody would hear of it if the database went away now.
    const surely = <T>(work: () => Promise<T>) => withDatabase(context.logger, work);
    const dispatch = createTriggerDispatch(stores, bus);
    // Told again with the same id it is told once.
    const occurrence = { id: newId(), trigger: INQUIRY_TRIGGER, payload: { id: context.execution.id, route } };
    await surely(() => dispatch(occurrence));
    const root = await surely(() => rootOf(stores, context.execution));
    if (root === undefined || context.execution.context.orquesta !== undefined) return;
    // Its first tasks may be here before the runner that started it has said that it runs.
    await waitForStatus(context.services, root.id, BEGUN, context.signal);
    await surely(() => actions.pauseForQuestion(context.execution));
  },
};
