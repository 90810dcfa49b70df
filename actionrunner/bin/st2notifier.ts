import { createProcessParts } from '../../action-service/process-parts.ts';
import { createRuleWatch } from '../../action-service/triggers/rule-watch.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createNotifier } from '../notifier/notifier.ts';
import { createPolicies } from '../policies/policies.ts';

export const service = defineService('st2notifier', async (context) => {
  const parts = await createProcessParts(context);
  const { logger } = context;
  const policies = createPolicies({ ...parts, logger });
  const rules = createRuleWatch(parts.stores, parts.bus);
  return composeServices([parts.infrastructure, createNotifier({ ...parts, policies, rules, logger })]);
});

await runWhenProgram(import.meta.url, service);
