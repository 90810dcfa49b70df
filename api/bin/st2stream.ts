/** st2stream: events as they happen. */
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createApiContext } from '../context.ts';
import { createHttpServer } from '../server/create-http-server.ts';
import { createHttpService } from '../server/http-service.ts';
import { createInfrastructure } from '../server/infrastructure.ts';
import { createEventHub } from '../stream/event-hub.ts';
import { streamRoutes } from '../stream/routes.ts';

export const service = defineService('st2stream', async (given) => {
  const { name, config, logger } = given;
  const { stores, bus, ready, service: connections } = await createInfrastructure(given);
  const { actions } = createApiContext(config, logger, stores, bus);
  const hub = createEventHub({ bus, stores, actions, logger });
  const server = await createHttpServer({
    name,
    config,
    logger,
    stores,
    routes: streamRoutes({ config, stores, hub }),
    ready,
  });
  return composeServices([connections, createHttpService(server, config.stream, config.auth)]);
});

await runWhenProgram(import.meta.url, service);
