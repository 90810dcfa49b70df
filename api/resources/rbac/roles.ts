/** Roles of the system, and roles and assignments from definition files in StackStorm's format. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readMetadata } from '../../../action-service/packs/read-metadata.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { Logger } from '../../../platform/logging/create-logger.ts';
import { idOf } from '../../../stores/collection.ts';
import type { Stores } from '../../../stores/stores.ts';
import { isPermission } from '../../server/permissions.ts';

export const SYSTEM_ROLES = ['admin', 'observer', 'system_admin'] as const;

const isSystemRole = (name: string) => SYSTEM_ROLES.some((role) => role === name);

/** Stores the roles that always exist. Safe to repeat. */
export async function registerSystemRoles(stores: Stores): Promise<void> {
  for (const name of SYSTEM_ROLES) {
    await stores.roles.upsert({ name }, { name, description: name, system: true, permission_grants: [] });
  }
}

interface Deps {
  readonly stores: Stores;
  readonly logger: Logger;
}

/**
 * Makes the roles and assignments what the files say: `roles/*.yaml` (`name`, `description`, `permission_grants`) and
 * `assignments/*.yaml` (`username`, `roles`). What came from files that are gone is removed.
 *
 * @throws ValidationError naming the file that is wrong
 */
export async function syncDefinitions({ stores, logger }: Deps, folder: string): Promise<void> {
  const roles = await readAll(join(folder, 'roles'));
  const users = await readAll(join(folder, 'assignments'));
  // All are looked at before the first is stored: a wrong file changes nothing.
  for (const [file, definition] of roles) assertRole(file, definition);
  const names = roles.map(([, definition]) => String(definition.name));
  const known = new Set<string>([...SYSTEM_ROLES, ...names]);
  const assignments = users.flatMap(([file, definition]) => assignmentsOf(file, definition, known));
  for (const [, definition] of roles) await storeRole(stores, definition);
  // What holds stays in place all the while: processes that run ask for it, and others that start do the same.
  await stores.roleAssignments.insertNew(assignments);
  await stores.roleAssignments.removeMany({ is_remote: false, id: { $nin: assignments.map(({ id }) => id) } });
  await stores.roles.removeMany({ system: false, name: { $nin: names } });
  logger.info({ roles: roles.length, users: users.length }, 'role definitions read');
}

type Definition = Readonly<Record<string, unknown>>;

async function readAll(folder: string): Promise<[string, Definition][]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new ValidationError(`The role definitions in ${folder} cannot be read: ${errorMessage(error)}`);
  });
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  const read = await Promise.all(
    files.map(
      async (name): Promise<[string, Definition]> => [join(folder, name), await readMetadata(join(folder, name))],
    ),
  );
  return read.filter(([, definition]) => definition.enabled !== false);
}

function assertRole(file: string, { name, permission_grants: grants = [] }: Definition): void {
  if (typeof name !== 'string' || name === '') throw new ValidationError(`${file}: 'name' is a required property`);
  if (isSystemRole(name))
    throw new ValidationError(`${file}: "${name}" is a role of the system and cannot be redefined.`);
  if (!Array.isArray(grants) || !grants.every((grant) => isPlainObject(grant) && Array.isArray(grant.permission_types)))
    throw new ValidationError(`${file}: each of permission_grants needs permission_types.`);
  for (const type of grants.flatMap(
    (grant: { readonly permission_types: readonly unknown[] }) => grant.permission_types,
  )) {
    if (!isPermission(String(type)))
      throw new ValidationError(`${file}: the role "${name}" grants "${String(type)}", which is not a permission.`);
  }
}

async function storeRole(stores: Stores, definition: Definition): Promise<void> {
  const { name, description, permission_grants: grants = [] } = definition;
  await stores.roles.upsert(
    { name },
    { name, description: typeof description === 'string' ? description : '', system: false, permission_grants: grants },
  );
}

function assignmentsOf(file: string, definition: Definition, known: ReadonlySet<string>) {
  const { username, roles, description: told } = definition;
  if (typeof username !== 'string' || username === '')
    throw new ValidationError(`${file}: 'username' is a required property`);
  if (!Array.isArray(roles)) throw new ValidationError(`${file}: 'roles' is a required property`);
  const description = typeof told === 'string' ? told : '';
  const source = `assignments/${file.split('/').pop()}`;
  return roles.map(String).map((role) => {
    if (!known.has(role)) throw new ValidationError(`${file}: the role "${role}" does not exist.`);
    const assignment = { user: username, role, description, is_remote: false, source };
    // The same assignment is stored once, however many processes read the files.
    return { id: idOf('sha256', JSON.stringify(assignment)), ...assignment };
  });
}
