/**
 * Roles and what they allow. Without RBAC everybody may do everything; with it every route asks for one permission:
 * system_admin and admin have all, observer reads everything, other roles have what their grants say.
 */
import { ForbiddenError } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { Stores } from '../../stores/stores.ts';
import { ANY_USER, type Permission, type Requester } from './route.ts';

const ADMIN_ROLES = ['system_admin', 'admin'];
const READING = /_(view|list)$/;
const CACHE_MS = 2_000;

/** One `permission_grants` entry of a role definition. */
export interface Grant {
  /** `action:core:local`, `pack:core`; absent: all objects of the kind. */
  readonly resource_uid?: string;
  readonly permission_types: readonly string[];
}

interface Standing {
  readonly roles: readonly string[];
  readonly grants: readonly Grant[];
}

export interface Authorizer {
  /** The roles of a user; none without RBAC. */
  rolesOf(user: string): Promise<readonly string[]>;
  isAdmin(roles: readonly string[]): boolean;
  /** @throws ForbiddenError when no role of the requester allows it */
  assertAllowed(requester: Requester, permission: Permission, resourceUid: string | undefined): Promise<void>;
}

/** @param enabled whether RBAC is on */
export function createAuthorizer(stores: Stores, enabled: boolean, now: () => number = Date.now): Authorizer {
  const cache = new Map<string, { readonly until: number; readonly standing: Promise<Standing> }>();

  async function load(user: string): Promise<Standing> {
    const assignments = await stores.roleAssignments.find({ user });
    const roles = [...new Set(assignments.map((one) => String(one.role)))];
    const definitions = await stores.roles.find({ name: { $in: roles } });
    const grants = definitions.flatMap((role) => (Array.isArray(role.permission_grants) ? role.permission_grants : []));
    return { roles, grants: grants.filter(isGrant) };
  }

  function standingOf(user: string): Promise<Standing> {
    const known = cache.get(user);
    if (known !== undefined && known.until > now()) return known.standing;
    if (cache.size > 1_000) cache.clear();
    const standing = load(user);
    standing.catch(() => cache.delete(user));
    cache.set(user, { until: now() + CACHE_MS, standing });
    return standing;
  }

  const isAdmin = (roles: readonly string[]) => !enabled || roles.some((role) => ADMIN_ROLES.includes(role));

  return {
    rolesOf: async (user) => (enabled ? (await standingOf(user)).roles : []),
    isAdmin,
    async assertAllowed(requester, permission, resourceUid) {
      if (!enabled || permission === ANY_USER || isAdmin(requester.roles)) return;
      if (READING.test(permission) && requester.roles.includes('observer')) return;
      const { grants } = await standingOf(requester.user);
      if (grants.some((grant) => allows(grant, permission, resourceUid))) return;
      const on = resourceUid === undefined ? '' : ` on resource "${resourceUid}"`;
      throw new ForbiddenError(`User "${requester.user}" doesn't have required permission "${permission}"${on}`);
    },
  };
}

function isGrant(value: unknown): value is Grant {
  return isPlainObject(value) && Array.isArray(value.permission_types);
}

/** `<kind>_all` holds all permissions of the kind, `modify` and `execute` include `view`; a grant on a pack holds for its content. */
function allows(grant: Grant, permission: Permission, resourceUid: string | undefined): boolean {
  const [kind = ''] = permission.split(/_(?=[a-z]+$)/);
  const implied = READING.test(permission)
    ? [`${kind}_view`, `${kind}_list`, `${kind}_modify`, `${kind}_execute`, `${kind}_delete`, `${kind}_create`]
    : [permission];
  const named = [...implied, permission, `${kind}_all`];
  if (!grant.permission_types.some((type) => named.includes(type))) return false;
  if (grant.resource_uid === undefined || grant.resource_uid === '') return true;
  if (resourceUid === undefined) return false;
  const pack = resourceUid.split(':')[1];
  return grant.resource_uid === resourceUid || grant.resource_uid === `pack:${pack}`;
}
