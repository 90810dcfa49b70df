import { registerPolicyTypes } from '../../action-service/policy-types.ts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../server/route.ts';
import { actionRoutes } from './actions/routes.ts';
import { aliasRoutes } from './aliases/routes.ts';
import { apiKeyRoutes } from './api-keys/routes.ts';
import { configRoutes } from './configs/routes.ts';
import { executionRoutes } from './executions/routes.ts';
import { inquiryRoutes } from './inquiries/routes.ts';
import { keyRoutes } from './keys/routes.ts';
import { packRoutes } from './packs/routes.ts';
import { policyRoutes } from './policies/routes.ts';
import { policyTypeRoutes } from './policy-types/routes.ts';
import { registerSystemRoles, syncDefinitions } from './rbac/roles.ts';
import { rbacRoutes } from './rbac/routes.ts';
import { rootRoutes } from './root/routes.ts';
import { ruleEnforcementRoutes } from './rule-enforcements/routes.ts';
import { ruleTypeRoutes } from './rule-types/routes.ts';
import { ruleRoutes } from './rules/routes.ts';
import { runnerTypeRoutes } from './runner-types/routes.ts';
import { sensorTypeRoutes } from './sensor-types/routes.ts';
import { serviceRegistryRoutes } from './service-registry/routes.ts';
import { timerRoutes } from './timers/routes.ts';
import { traceRoutes } from './traces/routes.ts';
import { triggerInstanceRoutes } from './trigger-instances/routes.ts';
import { triggerTypeRoutes } from './trigger-types/routes.ts';
import { triggerRoutes } from './triggers/routes.ts';
import { userRoutes } from './user/routes.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { workflowRoutes } from './workflows/routes.ts';

type ResourceRoutes = (context: ApiContext) => readonly Route[];

/** Every resource of st2api. Adding one is adding its folder and a line here. */
const RESOURCES = {
  root: rootRoutes,
  user: userRoutes,
  actions: actionRoutes,
  actionalias: aliasRoutes,
  apikeys: apiKeyRoutes,
  configs: configRoutes,
  executions: executionRoutes,
  inquiries: inquiryRoutes,
  keys: keyRoutes,
  packs: packRoutes,
  policies: policyRoutes,
  policytypes: policyTypeRoutes,
  rbac: rbacRoutes,
  ruleenforcements: ruleEnforcementRoutes,
  ruletypes: ruleTypeRoutes,
  rules: ruleRoutes,
  runnertypes: runnerTypeRoutes,
  sensortypes: sensorTypeRoutes,
  service_registry: serviceRegistryRoutes,
  timers: timerRoutes,
  traces: traceRoutes,
  triggerinstances: triggerInstanceRoutes,
  triggertypes: triggerTypeRoutes,
  triggers: triggerRoutes,
  webhooks: webhookRoutes,
  workflows: workflowRoutes,
} as const satisfies Readonly<Record<string, ResourceRoutes>>;

/** All routes of st2api. */
export function apiRoutes(context: ApiContext): readonly Route[] {
  const resources = Object.values(RESOURCES) as readonly ResourceRoutes[];
  return resources.flatMap((make) => make(context));
}

/** Stores what the API counts on: policy types, internal trigger types, roles. Safe to repeat and to race. */
export async function registerDefaults({ stores, triggers, config, logger }: ApiContext): Promise<void> {
  await registerPolicyTypes(stores);
  await triggers.registerInternalTypes();
  await registerSystemRoles(stores);
  if (config.rbac.definitions_path !== '') await syncDefinitions({ stores, logger }, config.rbac.definitions_path);
}
