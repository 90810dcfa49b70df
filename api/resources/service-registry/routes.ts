import { NotFoundError } from '../../../core/errors.ts';
import type { Route } from '../../server/route.ts';

/** Services register nowhere here: they meet on the bus and in the database. Clients get empty lists, as from a StackStorm without coordination. */
export function serviceRegistryRoutes(): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/service_registry/groups',
      summary: 'List groups of registered services',
      permission: 'service_registry_list',
      handle: async () => ({ body: { groups: [] } }),
    },
    {
      method: 'GET',
      path: '/service_registry/groups/:group_id/members',
      summary: 'List members of a group of registered services',
      permission: 'service_registry_list',
      handle: async ({ params }) => {
        throw new NotFoundError(`Group with ID "${params.group_id}" not found.`);
      },
    },
  ];
}
