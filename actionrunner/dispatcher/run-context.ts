/** Builds what a runner gets: the action as it was when it was asked for, its final parameters, its file, its environment. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Snapshots } from '../../action-service/snapshots.ts';
import { apiBaseUrl } from '../../platform/config/load-config.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Action, RunnerType } from '../../stores/records.ts';
import type { OutputSink, RunContext, RunnerServices } from '../runners/contract.ts';
import { resolveEntryPoint } from './entry-point.ts';
import type { FinalParametersOf } from './final-parameters.ts';

const PACK_PATH_TTL_MS = 5_000;

export interface RunContextDeps {
  readonly services: RunnerServices;
  readonly snapshots: Snapshots;
  readonly finalParameters: FinalParametersOf;
  readonly logger: Logger;
}

export type BuildRunContext = (execution: Execution, output: OutputSink, signal: AbortSignal) => Promise<RunContext>;

/** @returns a function that builds contexts; it throws what the user has to see (parameters, entry point, disabled runner) */
export function createRunContexts(deps: RunContextDeps): BuildRunContext {
  const { services, snapshots } = deps;
  const { config, stores } = services;
  const packPaths = new Map<string, { readonly path: Promise<string | undefined>; readonly until: number }>();

  async function findPack(pack: string): Promise<string | undefined> {
    const registered = await stores.packs.findOne({ ref: pack }, { include: ['path'] });
    if (registered?.path !== undefined) return registered.path;
    const candidates = config.packs.base_paths.map((base) => resolve(base, pack));
    return candidates.reverse().find((path) => existsSync(join(path, 'actions')));
  }

  function packPath(pack: string): Promise<string | undefined> {
    const known = packPaths.get(pack);
    if (known !== undefined && known.until > performance.now()) return known.path;
    const path = findPack(pack);
    packPaths.set(pack, { path, until: performance.now() + PACK_PATH_TTL_MS });
    path.catch(() => packPaths.delete(pack));
    return path;
  }

  return async (execution, output, signal) => {
    const action = (await snapshots.get(execution.action_snapshot)) as unknown as Action;
    const runnerType = (await snapshots.get(execution.runner_snapshot)) as unknown as RunnerType;
    if (runnerType.enabled === false) {
      throw new Error(`Runner "${runnerType.name}" has been disabled by the administrator.`);
    }
    const folder = await packPath(action.pack);
    const { user: contextUser } = execution.context;
    const user = typeof contextUser === 'string' ? contextUser : config.system.user;
    const parameters = await deps.finalParameters(execution, action, runnerType);
    return {
      execution,
      action,
      runnerType,
      runnerParameters: parameters.runner,
      actionParameters: parameters.action,
      user,
      packPath: folder,
      entryPoint: await resolveEntryPoint(folder, action.pack, action.entry_point ?? ''),
      actionEnvironment: async () => ({
        ST2_ACTION_PACK_NAME: action.pack,
        ST2_ACTION_EXECUTION_ID: execution.id,
        ST2_ACTION_API_URL: `${(config.auth.api_url || apiBaseUrl(config)).replace(/\/+$/, '')}/v1`,
        ST2_ACTION_AUTH_TOKEN: await services.tokenFor(user),
      }),
      output,
      signal,
      logger: deps.logger.child({ execution_id: execution.id, action: action.ref }),
      services,
    };
  };
}
