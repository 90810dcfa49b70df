/** st2auth: tokens for names and passwords. */
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { assertAuthMode } from '../auth/auth-mode.ts';
import { createHtpasswdBackend } from '../auth/htpasswd.ts';
import { authRoutes } from '../auth/routes.ts';
import { createLoginThrottle } from '../auth/throttle.ts';
import { createHttpServer } from '../server/create-http-server.ts';
import { createHttpService } from '../server/http-service.ts';
import { createInfrastructure } from '../server/infrastructure.ts';

export const service = defineService('st2auth', async (given) => {
  const { name, config, logger } = given;
  const { stores, ready, service: connections } = await createInfrastructure(given);
  assertAuthMode(config.auth);
  const passwords = createHtpasswdBackend(config.auth.htpasswd_file);
  const routes = authRoutes({ config, stores, passwords, throttle: createLoginThrottle() });
  const rateLimit = config.listeners.auth_rate_limit;
  const server = await createHttpServer({ name, config, logger, stores, routes, ready, rateLimit });
  return composeServices([connections, createHttpService(server, config.auth, config.auth)]);
});

await runWhenProgram(import.meta.url, service);
