import { createProcessParts } from '../../action-service/process-parts.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createPolicies } from '../policies/policies.ts';
import { measureExecutions } from '../scheduler/measure-executions.ts';
import { createScheduler } from '../scheduler/scheduler.ts';

export const service = defineService('st2scheduler', async (context) => {
  const parts = await createProcessParts(context);
  const { config, logger } = context;
  measureExecutions(parts.stores);
  const policies = createPolicies({ ...parts, logger });
  return composeServices([parts.infrastructure, createScheduler({ ...parts, config, policies, logger })]);
});

await runWhenProgram(import.meta.url, service);
