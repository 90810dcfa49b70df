import type { Logger } from '../../platform/logging/create-logger.ts';
import { databaseFailure } from '../../platform/mongo/database-failure.ts';
import { withDatabase } from '../../platform/mongo/with-database.ts';
import type { Execution } from '../../stores/executions.ts';
import { hasLease } from '../../stores/has-lease.ts';
import type { Runner, RunnerServices, RunOutcome } from '../runners/contract.ts';
import { SILENT_WRITER } from './output-writer.ts';
import type { BuildRunContext } from './run-context.ts';
import { toErrorResult } from './store-outcome.ts';

export type Verb = 'cancel' | 'pause' | 'resume';

/** The status of an execution that waits for it. */
const STATUS_OF = { cancel: 'canceling', pause: 'pausing', resume: 'resuming' } as const;

export interface SteeringDeps {
  readonly services: Pick<RunnerServices, 'actions' | 'stores'>;
  readonly find: (name: string) => Runner;
  readonly buildContext: BuildRunContext;
  /** Goes on with a paused run in this process. */
  readonly goOn: (id: string) => Promise<void>;
  readonly logger: Logger;
}

/**
 * Makes the function that cancels, pauses or resumes an execution that may run anywhere. An order that is said again while it is carried
 * out is one.
 */
export function createSteering(deps: SteeringDeps): (verb: Verb, id: string) => Promise<void> {
  const { find, buildContext, goOn, logger } = deps;
  const { actions, stores } = deps.services;
  const underWay = new Set<string>();

  async function carryOut(verb: Verb, execution: Execution): Promise<void> {
    const { id } = execution;
    const runner = find(execution.runner_type);
    if (verb === 'resume' && runner.continueRun !== undefined) return goOn(id);
    const method = runner[verb];
    if (method === undefined) return verb === 'cancel' ? cancelUnheld(execution) : undefined;
    let outcome: RunOutcome;
    try {
      const { signal } = new AbortController();
      outcome = await method(await withDatabase(logger, () => buildContext(execution, SILENT_WRITER, signal)));
    } catch (error) {
      // Said again, to whoever is there when the database is back.
      if (databaseFailure(error) !== undefined) throw error;
      logger.warn({ execution_id: id, err: error, verb }, 'runner could not do what it was asked for');
      // As in StackStorm: a cancel that fails leaves the workflow as it is, a pause or resume that fails ends it.
      if (verb === 'cancel') return;
      outcome = { status: 'failed', result: toErrorResult(error) };
    }
    if (outcome.status === execution.status) return;
    // Meanwhile it may have gone on: a pause that tells its end after the resume would pause the workflow for good.
    const { status, result, context } = outcome;
    await actions.changeStatus(id, status, {
      result,
      context,
      from: [STATUS_OF[verb]],
      ifLogLength: execution.log.length,
    });
  }

  /** Ends the cancel of an execution that no process runs: it never started, or its runner is gone. */
  async function cancelUnheld(execution: Execution): Promise<void> {
    if (!hasLease(execution)) await actions.changeStatus(execution.id, 'canceled', { from: ['canceling'] });
  }

  return async (verb, id) => {
    const execution = await stores.executions.get(id);
    if (execution?.status !== STATUS_OF[verb]) return;
    // Done twice, it may come behind the order that follows it. A later order of the same kind, such as the resume of what was paused
    // again while the first resume still told its end, has another place in the log.
    const key = `${verb} ${id} ${execution.log.length}`;
    if (underWay.has(key)) return;
    underWay.add(key);
    try {
      await carryOut(verb, execution);
    } finally {
      underWay.delete(key);
    }
  };
}
