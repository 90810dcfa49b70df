/** Scheduler and dispatcher inside of the test's process, on real infrastructure. */
import path from 'node:path';
import { pino } from 'pino';
import { createPackConfigs } from '../../action-service/packs/pack-config.ts';
import { createProcessParts, type ProcessOptions, type ProcessParts } from '../../action-service/process-parts.ts';
import { createSnapshots } from '../../action-service/snapshots.ts';
import { createServiceTokens } from '../../action-service/tokens.ts';
import { baseEnvironment } from '../../actionrunner/base-environment.ts';
import { createDispatcher } from '../../actionrunner/dispatcher/dispatcher.ts';
import { createFinalParameters } from '../../actionrunner/dispatcher/final-parameters.ts';
import { createRunContexts } from '../../actionrunner/dispatcher/run-context.ts';
import { createPolicies, type Policies } from '../../actionrunner/policies/policies.ts';
import type { Runner, RunnerServices } from '../../actionrunner/runners/contract.ts';
import { registerRunnerTypes } from '../../actionrunner/runners/metadata.ts';
import { createScheduler } from '../../actionrunner/scheduler/scheduler.ts';
import { isCompleted } from '../../core/statuses.ts';
import { type Config, loadConfig } from '../../platform/config/load-config.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Execution } from '../../stores/executions.ts';
import { ensureIndexes } from '../../stores/stores.ts';
import type { Provisioned } from './provisioned.ts';
import { waitFor } from './wait-for.ts';

export interface InProcessRunner extends ProcessParts {
  readonly config: Config;
  readonly policies: Policies;
  /** Makes one more dispatcher, not started. */
  /** @param find the runners, other than the real ones */
  dispatcher(owner: string, find?: (name: string) => Runner): Service;
  scheduler(): Service;
  /** Registers an action of the pack `test`. */
  action(name: string, runnerType: string, parameters?: Record<string, unknown>, entryPoint?: string): Promise<string>;
  request(ref: string, parameters?: Record<string, unknown>, more?: Record<string, unknown>): Promise<Execution>;
  /** Waits for the end of an execution. */
  ended(id: string): Promise<Execution>;
  /** Requests and waits. */
  run(ref: string, parameters?: Record<string, unknown>, more?: Record<string, unknown>): Promise<Execution>;
  stop(): Promise<void>;
}

/** @param env further settings */
export async function actionRunnerInProcess(
  infrastructure: Provisioned,
  env: Readonly<Record<string, string>> = {},
  options: ProcessOptions = {},
): Promise<InProcessRunner> {
  const config = loadConfig({ ST2_DATA_DIR: infrastructure.folder, ...infrastructure.env, ...env });
  const logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const parts = await createProcessParts({ name: 'test', config, logger }, options);
  const { stores, actions } = parts;
  await ensureIndexes(stores);
  await registerRunnerTypes(stores);
  const packPath = path.join(infrastructure.folder, 'packs', 'test');
  await stores.packs.upsert(
    { ref: 'test' },
    { ref: 'test', uid: 'pack:test', name: 'test', description: '', version: '1.0.0', author: '', path: packPath },
  );
  const services: RunnerServices = {
    ...parts,
    config,
    baseEnvironment: baseEnvironment(process.env),
    tokenFor: createServiceTokens(stores, 3_600).serviceToken,
    packConfig: createPackConfigs(stores, parts.keyValues),
  };
  const policies = createPolicies({ stores, actions, logger });
  const buildContext = createRunContexts({
    services,
    snapshots: createSnapshots(stores),
    finalParameters: createFinalParameters({
      keyValues: parts.keyValues,
      packConfig: services.packConfig,
      systemUser: config.system.user,
    }),
    logger,
  });
  await parts.infrastructure.start();
  const started: Service[] = [];
  const track = (service: Service): Service => {
    const tracked = {
      start: async () => {
        await service.start();
        started.push(service);
      },
      stop: async () => {
        if (started.includes(service)) started.splice(started.indexOf(service), 1);
        await service.stop();
      },
    };
    return tracked;
  };
  const ended = (id: string) =>
    waitFor(
      async () => {
        const execution = await stores.executions.get(id);
        return execution !== undefined && isCompleted(execution.status) ? execution : undefined;
      },
      { what: `end of execution ${id}`, intervalMs: 10 },
    );
  const request: InProcessRunner['request'] = (ref, parameters = {}, more = {}) =>
    actions.request({ action: ref, parameters, user: 'tester', ...more });
  return {
    ...parts,
    config,
    policies,
    dispatcher: (owner, find) =>
      track(createDispatcher({ ...parts, services, owner, buildContext, policies, logger, find })),
    scheduler: () => track(createScheduler({ ...parts, config, policies, logger })),
    async action(name, runnerType, parameters = {}, entryPoint = '') {
      const ref = `test.${name}`;
      await stores.actions.upsert(
        { ref },
        {
          ref,
          uid: `action:test:${name}`,
          name,
          pack: 'test',
          enabled: true,
          runner_type: runnerType,
          entry_point: entryPoint,
          parameters: parameters as never,
          tags: [],
          notify: {},
        },
      );
      return ref;
    },
    request,
    ended,
    run: async (ref, parameters, more) => ended((await request(ref, parameters, more)).id),
    async stop() {
      for (const service of started.splice(0).reverse()) await service.stop();
      await parts.infrastructure.stop();
    },
  };
}
