import type { ApiContext } from '../../context.ts';
import type { Route } from '../../server/route.ts';
import { bulkRoutes } from './bulk.ts';
import { changeRoutes } from './change.ts';
import { createRoutes } from './create.ts';
import { readRoutes } from './read.ts';

export function executionRoutes(context: ApiContext): readonly Route[] {
  return [...readRoutes(context), ...createRoutes(context), ...bulkRoutes(context), ...changeRoutes(context)];
}
