import type { NativeConnection, Worker, WorkerDeploymentOptions } from '@temporalio/worker';
import { createKeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import { createBus } from '../../platform/bus/create-bus.ts';
import { apiBaseUrl, assertServicesReach, mistralBaseUrl } from '../../platform/config/load-config.ts';
import type { Service, ServiceContext } from '../../platform/lifecycle.ts';
import { connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { registerHealthCheck } from '../../platform/observability/health.ts';
import { createBlobStore } from '../../platform/temporal/blob-store.ts';
import { loadPayloadProtection } from '../../platform/temporal/keyring.ts';
import { connectNatively } from '../../platform/temporal/native-connection.ts';
import { ensureSearchAttributes } from '../../platform/temporal/search-attributes.ts';
import {
  createDataConverter,
  createTemporalClient,
  temporalConnection,
} from '../../platform/temporal/temporal-client.ts';
import { createStores } from '../../stores/stores.ts';
import { createActivities } from '../activities/create-activities.ts';
import { SEARCH_ATTRIBUTES } from '../contract.ts';
import { BEAT_SECONDS } from '../outside-limits.ts';
import { createCredentials } from './credentials.ts';
import { installMeasuredRuntime } from './install-measured-runtime.ts';
import { traceActivities } from './trace-activities.ts';
import { UncutWorker } from './uncut-worker.ts';
import { deploymentOptions, makeCurrent } from './versioning.ts';
import { loadWorkflowBundle } from './workflow-bundle.ts';

/** The Temporal worker: runs every workflow and its activities. */
export async function createWorkflowWorker({ config, logger }: ServiceContext): Promise<Service> {
  assertServicesReach(config);
  await installMeasuredRuntime(logger);
  const mongo = await connectMongo(config, logger);
  const stores = createStores(mongo);
  const blobs = createBlobStore(stores.payloads);
  const temporal = createTemporalClient(config, blobs);
  const bus = createBus(config, logger);
  const { namespace, task_queue: taskQueue } = config.temporal;
  let running: Promise<void> = Promise.resolve();
  let worker: Worker | undefined;
  let connection: NativeConnection | undefined;
  let deployment: WorkerDeploymentOptions | undefined;
  let giveUpVersion: () => void = () => undefined;

  async function prepareServer(): Promise<void> {
    await temporal.ensureConnected();
    await ensureSearchAttributes(temporal.client.connection as never, namespace, SEARCH_ATTRIBUTES, logger);
  }

  async function build(): Promise<Worker> {
    const [workflowBundle] = await Promise.all([loadWorkflowBundle(logger), prepareServer(), bus.start()]);
    connection = await connectNatively(temporalConnection(config));
    deployment = deploymentOptions(config, workflowBundle);
    return await UncutWorker.create({
      connection,
      namespace,
      taskQueue,
      workflowBundle,
      dataConverter: createDataConverter(blobs, loadPayloadProtection(config)),
      interceptors: { activity: [traceActivities] },
      workerDeploymentOptions: deployment,
      activities: { ...createActivities(activityContext()) },
      // Beats are sent as often as they come.
      maxHeartbeatThrottleInterval: BEAT_SECONDS * 1_000,
      maxCachedWorkflows: 500,
      maxConcurrentWorkflowTaskExecutions: 40,
      maxConcurrentActivityTaskExecutions: 300,
      // What a workflow schedules in one breath comes back with the answer: past Temporal's queue, which costs a fan-out half of its CPU there.
      maxEagerActivityReservationsPerWorkflowTask: 200,
      maxConcurrentLocalActivityExecutions: 100,
      workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
      // After a worker's sudden death its workflows go on elsewhere that soon.
      stickyQueueScheduleToStartTimeout: '1s',
      shutdownGraceTime: '5s',
      shutdownForceTime: '7s',
    });
  }

  const activityContext = () => ({
    stores,
    bus,
    blobs,
    client: temporal.client,
    isRbacEnabled: config.rbac.enable,
    keyValues: createKeyValueService(stores, config.keyvalue.encryption_key_path),
    apiUrl: apiBaseUrl(config),
    mistralUrl: mistralBaseUrl(config),
    credentialsFor: createCredentials(stores, config),
  });

  return {
    async start() {
      try {
        worker = await build();
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        throw new UnavailableError(`The workflow worker could not start: ${errorMessage(error)}`, {}, error);
      }
      running = worker.run();
      registerHealthCheck('worker', async () => worker?.getState() === 'RUNNING');
      if (deployment !== undefined) giveUpVersion = makeCurrent(temporal.client, deployment, logger);
      running.catch((error: unknown) => {
        // Without its worker the process is of no use: the supervisor starts a new one.
        logger.fatal({ err: error }, 'worker failed');
        process.exit(1);
      });
    },
    async stop() {
      giveUpVersion();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await running;
      await connection?.close();
      await temporal.close();
      await bus.stop();
      await mongo.close();
    },
  };
}
