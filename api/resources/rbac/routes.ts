import { NotFoundError } from '../../../core/errors.ts';
import type { OpenRecord } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { flag, text } from '../../lists/filters.ts';
import { findById, findByNameOrId } from '../../lists/find.ts';
import { type ListRules, listParameters, listRecords } from '../../lists/list.ts';
import { presentRecord } from '../../lists/presentation.ts';
import { PERMISSIONS_BY_KIND } from '../../server/permissions.ts';
import type { Route } from '../../server/route.ts';

const ROLES: ListRules = {
  filters: { system: flag('system') },
  sort: { name: 1 },
  always: ['id'],
  known: ['name', 'description', 'system', 'permission_grants'],
};

const ASSIGNMENTS: ListRules = {
  filters: { user: text('user'), role: text('role'), source: text('source'), remote: flag('is_remote') },
  sort: { user: 1 },
  always: ['id'],
  known: ['user', 'role', 'description', 'is_remote', 'source'],
};

function presentRole(role: OpenRecord): Record<string, unknown> {
  return { ...presentRecord(role), permission_grant_ids: [], permission_grant_objects: [] };
}

const plain = (name: string) => name.replaceAll('_', ' ');

function meaningOf(kind: string, permission: string): string {
  const verb = permission.slice(kind.length + 1);
  return verb === 'all' ? `All permissions on: ${plain(kind)}` : `${plain(kind)}: ${plain(verb)}`;
}

/** Permissions by kind of resource with what they allow. */
export function permissionTypes(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(
    [...PERMISSIONS_BY_KIND].map(([kind, names]) => [
      kind,
      Object.fromEntries(names.map((name) => [name, meaningOf(kind, name)])),
    ]),
  );
}

export function rbacRoutes({ stores, config }: ApiContext): readonly Route[] {
  const options = { maxPageSize: config.api.max_page_size };
  return [
    {
      method: 'GET',
      path: '/rbac/roles',
      summary: 'List roles',
      permission: 'role_list',
      query: listParameters(ROLES),
      handle: (request) => listRecords(stores.roles, ROLES, request, { ...options, present: presentRole }),
    },
    {
      method: 'GET',
      path: '/rbac/roles/:name_or_id',
      summary: 'One role',
      permission: 'role_view',
      handle: async ({ params }) => ({
        body: presentRole(await findByNameOrId(stores.roles, params.name_or_id ?? '')),
      }),
    },
    {
      method: 'GET',
      path: '/rbac/role_assignments',
      summary: 'List who has which role',
      permission: 'role_assignment_list',
      query: listParameters(ASSIGNMENTS),
      handle: (request) => listRecords<OpenRecord>(stores.roleAssignments, ASSIGNMENTS, request, options),
    },
    {
      method: 'GET',
      path: '/rbac/role_assignments/:id',
      summary: 'One assignment of a role',
      permission: 'role_assignment_view',
      handle: async ({ params }) => ({ body: presentRecord(await findById(stores.roleAssignments, params.id ?? '')) }),
    },
    {
      method: 'GET',
      path: '/rbac/permission_types',
      summary: 'List permissions by kind of resource',
      permission: 'permission_type_list',
      handle: async () => ({ body: permissionTypes() }),
    },
    {
      method: 'GET',
      path: '/rbac/permission_types/:resource_type',
      summary: 'List permissions on a kind of resource',
      permission: 'permission_type_list',
      handle: async ({ params }) => {
        const kind = params.resource_type ?? '';
        const types = permissionTypes();
        const body = Object.hasOwn(types, kind) ? types[kind] : undefined;
        if (body === undefined) throw new NotFoundError(`Invalid resource type: ${kind}`);
        return { body };
      },
    },
  ];
}
