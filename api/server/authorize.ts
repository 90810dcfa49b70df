/**
 * Roles and what they allow. Without RBAC everybody may do everything; with it every route asks for one permission:
 * system_admin and admin have all, observer reads everything, other roles have what their grants say.
 */
import { ForbiddenError } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { Stores } from '../../stores/stores.ts';
import { ANY_USER, type Permission, type Requester, type Subject } from './route.ts';

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
  assertAllowed(requester: Requester, permission: Permission, on: string | typeof ANYTHING | undefined): Promise<void>;
  /** The same for an object that had to be looked up. @throws ForbiddenError */
  assertAllowedOn(requester: Requester, permission: Permission, subject: Subject): Promise<void>;
}

/** In the place of a resource: whether there is any on which it is allowed. Which one is asked for is looked at later. */
export const ANYTHING = Symbol('anything');

/** What the settings say of permissions. */
export interface RbacSettings {
  readonly enable: boolean;
  readonly permission_isolation: boolean;
}

/** The condition on `context.user` under which a requester sees executions and rules (StackStorm's permission isolation). */
export function ownOnly(
  { rbac, system }: { readonly rbac: RbacSettings; readonly system: { readonly user: string } },
  requester: Requester,
): Readonly<Record<string, unknown>> {
  if (!rbac.enable || !rbac.permission_isolation || requester.isAdmin || requester.user === system.user) return {};
  return { 'context.user': requester.user };
}

export function createAuthorizer(
  stores: Stores,
  config: { readonly rbac: RbacSettings; readonly system: { readonly user: string } },
  now: () => number = Date.now,
): Authorizer {
  const enabled = config.rbac.enable;
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

  async function assertAllowed(
    requester: Requester,
    permission: Permission,
    on: string | typeof ANYTHING | undefined,
  ): Promise<void> {
    if (!enabled || permission === ANY_USER || isAdmin(requester.roles)) return;
    if (READING.test(permission) && requester.roles.includes('observer')) return;
    const { grants } = await standingOf(requester.user);
    if (!grants.some((grant) => allows(grant, permission, on))) throw refusal(requester, permission, on);
  }

  return {
    rolesOf: async (user) => (enabled ? (await standingOf(user)).roles : []),
    isAdmin,
    assertAllowed,
    async assertAllowedOn(requester, permission, { uid, owner }) {
      await assertAllowed(requester, permission, uid);
      const own = ownOnly(config, requester)['context.user'];
      if (own !== undefined && owner !== undefined && owner !== own) throw refusal(requester, permission, uid);
    },
  };
}

function refusal(requester: Requester, permission: Permission, on: string | typeof ANYTHING | undefined) {
  const place = typeof on === 'string' ? ` on resource "${on}"` : '';
  return new ForbiddenError(`User "${requester.user}" doesn't have required permission "${permission}"${place}`);
}

function isGrant(value: unknown): value is Grant {
  return isPlainObject(value) && Array.isArray(value.permission_types);
}

/** `<kind>_all` holds all permissions of the kind, `modify` and `execute` include `view`; a grant on a pack holds for its content. */
function allows(grant: Grant, permission: Permission, on: string | typeof ANYTHING | undefined): boolean {
  const [kind = ''] = permission.split(/_(?=[a-z]+$)/);
  const implied = READING.test(permission)
    ? [`${kind}_view`, `${kind}_list`, `${kind}_modify`, `${kind}_execute`, `${kind}_delete`, `${kind}_create`]
    : [permission];
  const named = [...implied, permission, `${kind}_all`];
  if (!grant.permission_types.some((type) => named.includes(type))) return false;
  if (grant.resource_uid === undefined || grant.resource_uid === '') return true;
  if (on === ANYTHING) return true;
  if (on === undefined) return false;
  const pack = on.split(':')[1];
  return grant.resource_uid === on || grant.resource_uid === `pack:${pack}`;
}
