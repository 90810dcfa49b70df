import type { ApiContext } from '../context.ts';
import type { Route } from '../server/route.ts';
import { actionRoutes } from './actions/routes.ts';
import { executionRoutes } from './executions/routes.ts';
import { keyRoutes } from './keys/routes.ts';
import { packRoutes } from './packs/routes.ts';
import { rootRoutes } from './root/routes.ts';
import { runnerTypeRoutes } from './runner-types/routes.ts';
import { userRoutes } from './user/routes.ts';

/** Every resource of st2api. Adding one is adding its folder and a line here. */
export const RESOURCES = {
  root: rootRoutes,
  user: userRoutes,
  actions: actionRoutes,
  executions: executionRoutes,
  keys: keyRoutes,
  packs: packRoutes,
  runnertypes: runnerTypeRoutes,
} as const satisfies Readonly<Record<string, (context: ApiContext) => readonly Route[]>>;

/** All routes of st2api. */
export function apiRoutes(context: ApiContext): readonly Route[] {
  return Object.values(RESOURCES).flatMap((routes) => routes(context));
}
