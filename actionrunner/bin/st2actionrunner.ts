import { installFolder } from '../../action-service/packs/install-packs.ts';
import { createPackConfigs } from '../../action-service/packs/pack-config.ts';
import { clearLeftStaging } from '../../action-service/packs/staging.ts';
import { createProcessParts } from '../../action-service/process-parts.ts';
import { createSnapshots } from '../../action-service/snapshots.ts';
import { createServiceTokens } from '../../action-service/tokens.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { withDatabase } from '../../platform/mongo/with-database.ts';
import { baseEnvironment } from '../base-environment.ts';
import { createDispatcher } from '../dispatcher/dispatcher.ts';
import { createFinalParameters } from '../dispatcher/final-parameters.ts';
import { createRunContexts } from '../dispatcher/run-context.ts';
import { createPolicies } from '../policies/policies.ts';
import type { RunnerServices } from '../runners/contract.ts';
import { warmPythons } from '../runners/python-script/warm-python.ts';

const environment = baseEnvironment(process.env);

export const service = defineService('st2actionrunner', async (context) => {
  const parts = await createProcessParts(context, { recordsEnds: true });
  const { config, logger } = context;
  const { stores } = parts;
  const { serviceToken } = createServiceTokens(stores, config.auth.service_token_ttl);
  const packConfig = createPackConfigs(stores, parts.keyValues);
  const services: RunnerServices = {
    ...parts,
    config,
    baseEnvironment: environment,
    // What an action needs to begin: it does not fail because the database is away for a moment.
    tokenFor: (user) => withDatabase(logger, () => serviceToken(user)),
    packConfig: (pack, user) => withDatabase(logger, () => packConfig(pack, user)),
  };
  const buildContext = createRunContexts({
    services,
    snapshots: createSnapshots(stores),
    finalParameters: createFinalParameters({
      keyValues: parts.keyValues,
      packConfig,
      systemUser: config.system.user,
    }),
    logger,
  });
  const policies = createPolicies({ ...parts, logger });
  const dispatcher = createDispatcher({ ...parts, services, owner: parts.instance, buildContext, policies, logger });
  const warm = { start: async () => undefined, stop: async () => warmPythons.close() };
  // A pack that a killed installation has taken away is back before its actions are run.
  const packs = {
    start: () => clearLeftStaging(installFolder(config.packs.base_paths), logger),
    stop: async () => undefined,
  };
  return composeServices([parts.infrastructure, warm, packs, dispatcher]);
});

await runWhenProgram(import.meta.url, service, { carriesActions: true });
