/** st2api: the REST API. */
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createApiContext } from '../context.ts';
import { apiRoutes, registerDefaults } from '../resources/index.ts';
import { createHttpServer } from '../server/create-http-server.ts';
import { createHttpService } from '../server/http-service.ts';
import { createInfrastructure } from '../server/infrastructure.ts';

export const service = defineService('st2api', async (given) => {
  const { name, config, logger } = given;
  const { stores, bus, ready, service: connections } = await createInfrastructure(given);
  const context = createApiContext(config, logger, stores, bus);
  const server = await createHttpServer({ name, config, logger, stores, routes: apiRoutes(context), ready });
  const defaults = { start: () => registerDefaults(context), stop: async () => undefined };
  return composeServices([connections, defaults, createHttpService(server, config.api, config.auth)]);
});

await runWhenProgram(import.meta.url, service, { carriesActions: true });
