import type { ApiContext } from '../../context.ts';
import type { Route } from '../../server/route.ts';
import { changeRoutes } from './change.ts';
import { readRoutes } from './read.ts';

export function actionRoutes(context: ApiContext): readonly Route[] {
  return [...readRoutes(context), ...changeRoutes(context)];
}
