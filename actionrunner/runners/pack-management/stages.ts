/**
 * The stages of an operation as child executions, which clients show while it goes on (`st2 pack install`, `st2 pack remove`).
 * StackStorm runs each stage as an action of its own; here one action does them all, so that it can undo them all, and the children only tell of it.
 */
import { errorMessage } from '../../../core/errors.ts';
import type { RunContext } from '../contract.ts';

/** Longer than anything takes: nobody schedules a stage but the operation itself. */
const NEVER_MS = 365 * 24 * 3_600_000;

export interface Stage {
  /** As shown. */
  readonly name: string;
  /** The action of the pack `packs` that does this alone. */
  readonly action: string;
  readonly packs: readonly string[];
}

/** Does the work of a stage, and tells of it. */
export type RunStage = <T>(stage: Stage, work: () => Promise<T>) => Promise<T>;

export function createStages({ execution, services, user, signal, logger }: RunContext): RunStage {
  const { actions } = services;
  const owner = `stages:${execution.id}`;
  // As of all that runs: whoever judges leases goes by that one length.
  const seconds = services.config.actionrunner.lease;

  async function begin({ name, action, packs }: Stage): Promise<string> {
    const parameters = { packs };
    const child = await actions.request({
      action,
      parameters,
      preRendered: true,
      user,
      delay: NEVER_MS,
      context: {
        parent: { execution_id: execution.id, ...execution.context },
        chain: { name, parameters, notify: null, publish: {} },
      },
    });
    // With a lease from the start, so that no dispatcher takes it.
    await actions.changeStatus(child.id, 'scheduled', { lease: { owner, seconds } });
    await actions.changeStatus(child.id, 'running', { ifLeasedBy: owner });
    return child.id;
  }

  return async (stage, work) => {
    const id = await begin(stage);
    const renewal = setInterval(
      () => {
        actions.renewLeases(owner, [id], seconds).catch((error: unknown) => {
          logger.warn({ reason: errorMessage(error), stage: stage.name }, 'lease of a stage could not be renewed');
        });
      },
      (seconds * 1000) / 3,
    );
    const end = (exitCode: number, result: unknown, stderr: string) => ({
      result: { exit_code: exitCode, result, stdout: '', stderr },
    });
    try {
      const done = await work();
      await actions.changeStatus(id, 'succeeded', end(0, stage.packs, ''));
      return done;
    } catch (error) {
      await actions.changeStatus(
        id,
        signal.aborted ? 'canceled' : 'failed',
        end(1, 'None', `${errorMessage(error)}\n`),
      );
      throw error;
    } finally {
      clearInterval(renewal);
    }
  };
}
