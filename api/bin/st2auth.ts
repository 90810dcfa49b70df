/** st2auth: tokens for names and passwords. */
import { composeServices, runService } from '../../platform/lifecycle.ts';
import { assertAuthMode } from '../auth/auth-mode.ts';
import { createHtpasswdBackend } from '../auth/htpasswd.ts';
import { authRoutes } from '../auth/routes.ts';
import { createLoginThrottle } from '../auth/throttle.ts';
import { createHttpServer } from '../server/create-http-server.ts';
import { createHttpService } from '../server/http-service.ts';
import { createInfrastructure } from '../server/infrastructure.ts';

await runService('st2auth', async (service) => {
  const { name, config, logger } = service;
  const { stores, ready, service: connections } = await createInfrastructure(service);
  assertAuthMode(config.auth);
  const passwords = createHtpasswdBackend(config.auth.htpasswd_file);
  const routes = authRoutes({ config, stores, passwords, throttle: createLoginThrottle() });
  const rateLimit = config.listeners.auth_rate_limit;
  const server = await createHttpServer({ name, config, logger, stores, routes, ready, rateLimit });
  return composeServices([connections, createHttpService(server, config.auth, config.auth)]);
});
