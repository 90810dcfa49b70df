/**
 * Roles and what they allow. Without RBAC everybody may do everything; with it every route asks for one permission:
 * system_admin and admin have all, observer reads everything, other roles have what their grants say.
 */
import { ForbiddenError } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { Stores } from '../../stores/stores.ts';
import { canonicalPermission, grantingPermissions, isReading, type Permission } from './permissions.ts';
import { ANY_USER, ANYTHING, type ApiRequest, type Requester, type Route, type Subject } from './route.ts';

const ADMIN_ROLES = ['system_admin', 'admin'];
const CACHE_MS = 2_000;

/** One `permission_grants` entry of a role definition. */
export interface Grant {
  /** `action:core:local`, `pack:core`; absent: all objects of the kind. */
  readonly resource_uid?: string | null;
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
  /** On which objects it is allowed, for lists that show those alone. `undefined`: on all of them. */
  allowedOn(requester: Requester, permission: Permission): Promise<readonly string[] | undefined>;
  /** The same for an object that had to be looked up. @throws ForbiddenError */
  assertAllowedOn(requester: Requester, permission: Permission, subject: Subject): Promise<void>;
}

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
  now: () => number = () => performance.now(),
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

  /** Whether it is allowed on everything by a role of the system, or by the settings. */
  const hasAll = ({ roles }: Requester, permission: Permission) =>
    permission === ANY_USER || isAdmin(roles) || (isReading(permission) && roles.includes('observer'));

  async function assertAllowed(
    requester: Requester,
    permission: Permission,
    on: string | typeof ANYTHING | undefined,
  ): Promise<void> {
    if (hasAll(requester, permission)) return;
    const { grants } = await standingOf(requester.user);
    if (!grants.some((grant) => allows(grant, permission, on))) throw refusal(requester, permission, on);
  }

  return {
    rolesOf: async (user) => (enabled ? (await standingOf(user)).roles : []),
    isAdmin,
    assertAllowed,
    async allowedOn(requester, permission) {
      if (hasAll(requester, permission)) return undefined;
      const { grants } = await standingOf(requester.user);
      const fitting = grants.filter((grant) => allows(grant, permission, ANYTHING));
      return fitting.some(isUnbound) ? undefined : fitting.map((grant) => String(grant.resource_uid));
    },
    async assertAllowedOn(requester, permission, { uid, owner }) {
      await assertAllowed(requester, permission, uid);
      const own = ownOnly(config, requester)['context.user'];
      if (own !== undefined && owner !== undefined && owner !== own) throw refusal(requester, permission, uid);
    },
  };
}

/** Permissions that depend on the object that a request is about; administrators need none. @throws ForbiddenError */
export async function assertSubject(
  { subject: find, permission }: Pick<Route, 'subject' | 'permission'>,
  authorizer: Pick<Authorizer, 'assertAllowedOn'>,
  request: ApiRequest,
): Promise<void> {
  const { requester } = request;
  if (find === undefined || permission === null || requester.isAdmin) return;
  const subject = await find(request);
  if (subject !== undefined) await authorizer.assertAllowedOn(requester, permission, subject);
}

function refusal(requester: Requester, permission: Permission, on: string | typeof ANYTHING | undefined) {
  const place = typeof on === 'string' ? ` on resource "${on}"` : '';
  return new ForbiddenError(
    `User "${requester.user}" doesn't have required permission "${canonicalPermission(permission)}"${place}`,
  );
}

function isGrant(value: unknown): value is Grant {
  return isPlainObject(value) && Array.isArray(value.permission_types);
}

/** Whether a grant names no object: it holds for all of the kind. */
const isUnbound = ({ resource_uid: uid }: Grant) => uid === undefined || uid === null || uid === '';

/** A grant on a pack holds for its content. */
function allows(grant: Grant, permission: Permission, on: string | typeof ANYTHING | undefined): boolean {
  const granting = grantingPermissions(permission);
  if (!grant.permission_types.some((type) => granting.has(canonicalPermission(type)))) return false;
  if (isUnbound(grant) || on === ANYTHING) return true;
  if (on === undefined) return false;
  const pack = on.split(':')[1];
  return grant.resource_uid === on || grant.resource_uid === `pack:${pack}`;
}
