import type { Connection } from 'mongoose';
import { type Collection, type CollectionSpec, createCollection, type Stored } from './collection.ts';
import { type Execution, executionsSpec } from './executions.ts';
import type { SchemaState } from './migrations.ts';
import type {
  Action,
  ApiKey,
  ExecutionOutput,
  KeyValue,
  OpenContent,
  OpenRecord,
  Pack,
  RunnerType,
  Snapshot,
  TaskExecution,
  TaskRun,
  Token,
  User,
  WorkflowDefinition,
  WorkflowExecution,
} from './records.ts';

const byName = { fields: { name: 1 }, unique: true } as const;
const byRef = { fields: { ref: 1 }, unique: true } as const;
/** As lists are sorted. */
const byPack = { fields: { pack: 1, name: 1 } } as const;

/** Every collection: its name and indexes. Adding one is adding a line here and one to {@link Stores}. */
const SPECS = {
  executions: executionsSpec,
  snapshots: { name: 'snapshots', indexes: [{ fields: { hash: 1 }, unique: true }, { fields: { used_at: 1 } }] },
  outputs: {
    name: 'execution_outputs',
    indexes: [{ fields: { execution_id: 1, sequence: 1 } }, { fields: { timestamp: 1 } }],
  },
  runnerTypes: { name: 'runner_types', indexes: [byName] },
  actions: { name: 'actions', indexes: [byRef, byPack] },
  packs: { name: 'packs', indexes: [byRef] },
  configSchemas: { name: 'config_schemas', indexes: [{ fields: { pack: 1 }, unique: true }] },
  configs: { name: 'configs', indexes: [{ fields: { pack: 1 }, unique: true }] },
  keys: {
    name: 'key_values',
    indexes: [
      { fields: { scope: 1, name: 1 }, unique: true },
      { fields: { expire_timestamp: 1 }, sparse: true },
    ],
  },
  users: { name: 'users', indexes: [byName] },
  tokens: { name: 'tokens', indexes: [{ fields: { token_hash: 1 }, unique: true }, { fields: { expiry: 1 } }] },
  apiKeys: { name: 'api_keys', indexes: [{ fields: { key_hash: 1 }, unique: true }] },
  rules: { name: 'rules', indexes: [byRef, byPack, { fields: { 'trigger.ref': 1, enabled: 1 } }], counted: true },
  ruleEnforcements: {
    name: 'rule_enforcements',
    indexes: [
      { fields: { 'rule.ref': 1, enforced_at: -1 } },
      { fields: { trigger_instance_id: 1 } },
      { fields: { enforced_at: -1 } },
    ],
  },
  triggerTypes: { name: 'trigger_types', indexes: [byRef, byPack] },
  triggers: {
    name: 'triggers',
    indexes: [byRef, { fields: { type: 1, parameters_hash: 1 } }, { fields: { 'parameters.url': 1 }, sparse: true }],
    counted: true,
  },
  triggerInstances: {
    name: 'trigger_instances',
    indexes: [
      { fields: { occurrence_time: -1 } },
      { fields: { trigger: 1, occurrence_time: -1 } },
      { fields: { 'trace_context.id_': 1 }, sparse: true },
      { fields: { status: 1 } },
    ],
  },
  sensorTypes: { name: 'sensor_types', indexes: [byRef, byPack] },
  policyTypes: { name: 'policy_types', indexes: [byRef] },
  policies: { name: 'policies', indexes: [byRef, byPack, { fields: { resource_ref: 1 } }] },
  concurrencySlots: {
    name: 'concurrency_slots',
    indexes: [
      { fields: { key: 1, slot: 1 }, unique: true },
      { fields: { key: 1, execution_id: 1 }, unique: true },
      { fields: { execution_id: 1 } },
    ],
  },
  aliases: { name: 'action_aliases', indexes: [byRef, byPack] },
  traces: {
    name: 'traces',
    indexes: [
      { fields: { trace_tag: 1 } },
      { fields: { 'action_executions.object_id': 1 } },
      { fields: { start_timestamp: -1 } },
    ],
  },
  roles: { name: 'roles', indexes: [byName] },
  roleAssignments: { name: 'role_assignments', indexes: [{ fields: { user: 1 } }] },
  workflowDefinitions: {
    name: 'workflow_definitions',
    indexes: [{ fields: { kind: 1, name: 1, namespace: 1 }, unique: true }],
  },
  workflowExecutions: {
    name: 'workflow_executions',
    indexes: [
      { fields: { uuid: 1 }, unique: true },
      { fields: { start_key: 1 }, unique: true, sparse: true },
      { fields: { workflow_id: 1 } },
      { fields: { st2_execution_id: 1, task_execution_id: 1 } },
      { fields: { state: 1, updated_at: 1 } },
      { fields: { task_execution_id: 1 }, sparse: true },
      { fields: { restart_key: 1 }, sparse: true },
      { fields: { created_at: -1 } },
    ],
  },
  taskExecutions: {
    name: 'task_executions',
    indexes: [
      { fields: { uuid: 1 }, unique: true },
      { fields: { workflow_execution_id: 1, sequence: 1 } },
      { fields: { workflow_execution_id: 1, state: 1 } },
      { fields: { created_at: -1 } },
    ],
  },
  actionRuns: { name: 'action_runs', indexes: [{ fields: { created_at: -1 } }] },
  taskRuns: {
    name: 'task_runs',
    indexes: [
      { fields: { uuid: 1 }, unique: true },
      { fields: { workflow_execution_id: 1, run_id: 1 } },
      { fields: { task_execution_id: 1, created_at: 1 } },
      { fields: { kind: 1, created_at: -1 } },
    ],
  },
  environments: { name: 'environments', indexes: [byName] },
  cronTriggers: { name: 'cron_triggers', indexes: [byName] },
  eventTriggers: {
    name: 'event_triggers',
    indexes: [{ fields: { exchange: 1, topic: 1, event: 1, workflow_id: 1 }, unique: true }],
  },
  schema: { name: 'schema', indexes: [byName] },
  payloads: { name: 'payloads', indexes: [{ fields: { created_at: 1 } }] },
} as const satisfies Record<string, CollectionSpec>;

/** All collections of the product. */
export interface Stores {
  readonly executions: Collection<Execution>;
  readonly snapshots: Collection<Snapshot>;
  readonly outputs: Collection<ExecutionOutput>;
  readonly runnerTypes: Collection<RunnerType>;
  readonly actions: Collection<Action>;
  readonly packs: Collection<Pack>;
  readonly configSchemas: Collection<OpenRecord>;
  readonly configs: Collection<OpenRecord>;
  readonly keys: Collection<KeyValue>;
  readonly users: Collection<User>;
  readonly tokens: Collection<Token>;
  readonly apiKeys: Collection<ApiKey>;
  readonly rules: Collection<OpenContent>;
  readonly ruleEnforcements: Collection<OpenRecord>;
  readonly triggerTypes: Collection<OpenContent>;
  readonly triggers: Collection<OpenContent>;
  readonly triggerInstances: Collection<OpenRecord>;
  readonly sensorTypes: Collection<OpenContent>;
  readonly policyTypes: Collection<OpenRecord>;
  readonly policies: Collection<OpenContent>;
  readonly concurrencySlots: Collection<OpenRecord>;
  readonly aliases: Collection<OpenContent>;
  readonly traces: Collection<OpenRecord>;
  readonly roles: Collection<OpenRecord>;
  readonly roleAssignments: Collection<OpenRecord>;
  readonly workflowDefinitions: Collection<WorkflowDefinition>;
  readonly workflowExecutions: Collection<WorkflowExecution>;
  readonly taskExecutions: Collection<TaskExecution>;
  /** Actions that mistral-api ran outside of any workflow. */
  readonly actionRuns: Collection<OpenRecord>;
  readonly taskRuns: Collection<TaskRun>;
  readonly environments: Collection<OpenRecord>;
  readonly cronTriggers: Collection<OpenRecord>;
  readonly eventTriggers: Collection<OpenRecord>;
  readonly schema: Collection<SchemaState>;
  readonly payloads: Collection<OpenRecord>;
}

/** Makes all collections on a connection. */
export function createStores(connection: Connection): Stores {
  const stores: Record<string, Collection<Stored>> = {};
  for (const [name, spec] of Object.entries(SPECS)) stores[name] = createCollection(connection, spec);
  return stores as unknown as Stores;
}

/** Creates every index that is missing. Run once when the system starts; safe to race. */
export async function ensureIndexes(stores: Stores): Promise<void> {
  for (const store of Object.values(stores) as Collection<Stored>[]) await store.ensureIndexes();
}
