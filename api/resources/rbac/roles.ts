/** Roles of the system, and roles and assignments from definition files in StackStorm's format. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readMetadata } from '../../../action-service/packs/read-metadata.ts';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { Logger } from '../../../platform/logging/create-logger.ts';
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
  // All are looked at before the first is stored: a wrong file changes nothing.
  for (const [file, definition] of roles) assertRole(file, definition);
  for (const [, definition] of roles) await storeRole(stores, definition);
  const names = roles.map(([, definition]) => String(definition.name));
  await stores.roles.removeMany({ system: false, name: { $nin: names } });
  await stores.roleAssignments.removeMany({ is_remote: false });
  const assignments = await readAll(join(folder, 'assignments'));
  for (const [file, definition] of assignments) await storeAssignments(stores, file, definition);
  logger.info({ roles: roles.length, users: assignments.length }, 'role definitions read');
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

async function storeAssignments(stores: Stores, file: string, definition: Definition): Promise<void> {
  const { username, roles, description } = definition;
  if (typeof username !== 'string' || username === '')
    throw new ValidationError(`${file}: 'username' is a required property`);
  if (!Array.isArray(roles)) throw new ValidationError(`${file}: 'roles' is a required property`);
  for (const role of roles.map(String)) {
    if ((await stores.roles.findOne({ name: role })) === undefined)
      throw new ValidationError(`${file}: the role "${role}" does not exist.`);
    await stores.roleAssignments.insert({
      user: username,
      role,
      description: typeof description === 'string' ? description : '',
      is_remote: false,
      source: `assignments/${file.split('/').pop()}`,
    });
  }
}
