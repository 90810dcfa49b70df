/**
 * The permissions there are, by kind of resource, and which of them stand for others.
 *
 * The names are StackStorm's (`st2common/rbac/types.py`), so that its role files mean the same here; kinds that StackStorm
 * leaves to administrators or to everybody (trigger types, rule types, roles, …) follow the same pattern.
 */

const KINDS = {
  action: ['list', 'view', 'create', 'modify', 'delete', 'execute', 'all'],
  action_alias: ['list', 'view', 'create', 'modify', 'match', 'help', 'delete', 'all'],
  api_key: ['list', 'view', 'create', 'modify', 'delete', 'all'],
  execution: ['list', 'view', 'rerun', 'stop', 'views_filters_list', 'all'],
  inquiry: ['list', 'view', 'respond', 'all'],
  key_value_pair: ['list', 'view', 'set', 'delete', 'all'],
  pack: [
    'list',
    'view',
    'create',
    'modify',
    'delete',
    'install',
    'uninstall',
    'register',
    'config',
    'search',
    'views_index_health',
    'all',
  ],
  permission_type: ['list', 'all'],
  policy: ['list', 'view', 'create', 'modify', 'delete', 'all'],
  policy_type: ['list', 'view', 'all'],
  role: ['list', 'view', 'all'],
  role_assignment: ['list', 'view', 'all'],
  rule: ['list', 'view', 'create', 'modify', 'delete', 'all'],
  rule_enforcement: ['list', 'view', 'all'],
  rule_type: ['list', 'view', 'all'],
  runner_type: ['list', 'view', 'modify', 'all'],
  sensor_type: ['list', 'view', 'modify', 'all'],
  service_registry: ['list', 'all'],
  stream: ['view', 'all'],
  timer: ['list', 'view', 'all'],
  trace: ['list', 'view', 'all'],
  trigger: ['list', 'view', 'create', 'modify', 'delete', 'all'],
  trigger_instance: ['list', 'view', 'create', 'all'],
  trigger_type: ['list', 'view', 'create', 'modify', 'delete', 'all'],
  user: ['view', 'all'],
  webhook: ['list', 'view', 'create', 'send', 'delete', 'all'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Other names that role files and routes may use, with the permission they mean. */
const SYNONYMS = {
  execution_modify: 'execution_stop',
  inquiry_modify: 'inquiry_respond',
  webhook_execute: 'webhook_send',
} as const;

type Kinds = typeof KINDS;

/** What a role must allow: `<kind>_<what>`. */
export type Permission = { [K in keyof Kinds]: `${K}_${Kinds[K][number]}` }[keyof Kinds] | keyof typeof SYNONYMS;

/**
 * Permissions that hold for another one too, beside its own name and `<kind>_all`: what StackStorm's resolvers derive
 * (an execution belongs to its action, an enforcement to its rule, a question to its workflow), and wider ones.
 */
const ALSO_GRANTED_BY: Readonly<Partial<Record<Permission, readonly Permission[]>>> = {
  action_alias_help: ['action_alias_list'],
  action_alias_match: ['action_alias_view'],
  execution_stop: ['action_execute', 'action_all'],
  execution_view: ['action_view', 'action_all'],
  execution_views_filters_list: ['execution_list'],
  inquiry_respond: ['inquiry_view', 'action_execute', 'action_all'],
  inquiry_view: ['action_execute', 'action_all'],
  pack_config: ['pack_modify'],
  pack_install: ['pack_create'],
  pack_register: ['pack_modify'],
  pack_search: ['pack_list'],
  pack_uninstall: ['pack_delete'],
  pack_views_index_health: ['pack_list'],
  rule_enforcement_list: ['rule_list'],
  rule_enforcement_view: ['rule_view', 'rule_create', 'rule_modify', 'rule_delete', 'rule_all'],
};

const IS_READING = /_(view|list|search|match|help|health)$/;
const READ_WITH = ['view', 'list', 'create', 'modify', 'delete', 'execute', 'respond', 'send', 'set', 'stop'];

/** Permissions by kind of resource, `<kind>_all` last. */
export const PERMISSIONS_BY_KIND: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(KINDS).map(([kind, verbs]) => [kind, verbs.map((verb) => `${kind}_${verb}`)]),
);

const KIND_OF: ReadonlyMap<string, string> = new Map(
  [...PERMISSIONS_BY_KIND].flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);

/** The name that a permission goes by; names that mean nothing stay as they are. */
export function canonicalPermission(name: string): string {
  return (SYNONYMS as Readonly<Record<string, string>>)[name] ?? name;
}

/** Whether a role may grant something by this name. */
export function isPermission(name: string): boolean {
  return KIND_OF.has(canonicalPermission(name));
}

/** Whether it lets nothing be changed: the observer has it. */
export function isReading(permission: Permission): boolean {
  return IS_READING.test(permission);
}

function findGranting(permission: Permission): ReadonlySet<string> {
  const name = canonicalPermission(permission) as Permission;
  const kind = KIND_OF.get(name) ?? '';
  // Who may change something may see it.
  const wider = isReading(name) ? READ_WITH.map((verb) => `${kind}_${verb}`).filter((other) => KIND_OF.has(other)) : [];
  return new Set([name, `${kind}_all`, ...wider, ...(ALSO_GRANTED_BY[name] ?? [])]);
}

const granting = new Map<Permission, ReadonlySet<string>>();

/** The names of which a role must grant one for this permission, without synonyms ({@link canonicalPermission}). */
export function grantingPermissions(permission: Permission): ReadonlySet<string> {
  const known = granting.get(permission) ?? findGranting(permission);
  granting.set(permission, known);
  return known;
}
