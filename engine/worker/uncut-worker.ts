import { Worker } from '@temporalio/worker';

type Creation = Parameters<(typeof Worker)['createWorkflowCreator']>;

/**
 * Temporal's worker, without the limit of time for a step of a workflow. Node keeps such a limit by a thread and an event loop that it
 * makes for each call into the sandbox, some three for each task. And a step that is cut off within a promise ends the whole process
 * (nodejs/node#38503), not one workflow task. The interpreter bounds its work itself, so what takes long is on a machine that is too
 * busy or was suspended.
 */
export class UncutWorker extends Worker {
  protected static override createWorkflowCreator(...[bundle, options, logger]: Creation) {
    return Worker.createWorkflowCreator(bundle, { ...options, isolateExecutionTimeoutMs: undefined as never }, logger);
  }
}
