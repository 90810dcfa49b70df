/**
 * Worker versioning: with it, a running workflow finishes on the build of the interpreter that began it, and new ones begin on
 * the build that came last. Temporal routes by the deployment that a worker names, so a worker of the old build has to stay
 * until its workflows are over.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentOptions, WorkflowBundleOption } from '@temporalio/worker';
import { errorMessage } from '../../core/errors.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/** What a worker says of its build; `undefined` while versioning is off. */
export function deploymentOptions(config: Config, bundle: WorkflowBundleOption): WorkerDeploymentOptions | undefined {
  const { versioning, build_id, task_queue } = config.temporal;
  if (!versioning) return undefined;
  return {
    useWorkerVersioning: true,
    version: { deploymentName: task_queue, buildId: build_id === '' ? fingerprintOf(bundle) : build_id },
    defaultVersioningBehavior: 'PINNED',
  };
}

/** Builds whose interpreter is the same code are the same version. */
function fingerprintOf(bundle: WorkflowBundleOption): string {
  const code = 'code' in bundle ? bundle.code : readFileSync(bundle.codePath);
  return createHash('sha256').update(code).digest('hex').slice(0, 12);
}

/**
 * Makes this build the one that new workflows begin on. The server knows a build once its worker has polled, so this is tried
 * until it succeeds; without it, new workflows would wait for ever.
 *
 * @returns ends the trying
 */
export function makeCurrent(client: Client, deployment: WorkerDeploymentOptions, logger: Logger): () => void {
  const { deploymentName, buildId } = deployment.version;
  let stopped = false;
  const attempt = async () => {
    for (let wait = FIRST_WAIT_MS; !stopped; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        await client.workflowService.setWorkerDeploymentCurrentVersion({
          namespace: client.options.namespace,
          deploymentName,
          buildId,
          identity: 'mistral-server',
        });
        logger.info({ build_id: buildId }, 'new workflows begin on this build');
        return;
      } catch (error) {
        if (wait === LONGEST_WAIT_MS) {
          logger.warn(
            { build_id: buildId, reason: errorMessage(error) },
            'build could not be made the current one yet',
          );
        }
        await sleep(wait, undefined, { ref: false });
      }
    }
  };
  void attempt();
  return () => {
    stopped = true;
  };
}
