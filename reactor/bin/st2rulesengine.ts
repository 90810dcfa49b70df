import { createProcessParts } from '../../action-service/process-parts.ts';
import { createTriggerService } from '../../action-service/triggers/trigger-service.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createRuleEnforcer } from '../rules/enforce-rule.ts';
import { createRulesEngine } from '../rules/rules-engine.ts';
import { createTriggerTraces } from '../rules/trigger-traces.ts';

export const service = defineService('st2rulesengine', async (context) => {
  const parts = await createProcessParts(context);
  const { config, logger } = context;
  const traces = createTriggerTraces(parts.stores, parts.actions.traces);
  const enforcer = createRuleEnforcer({ ...parts, traces, systemUser: config.system.user, logger });
  const triggerTypes = {
    start: () => createTriggerService(parts.stores, parts.bus).registerInternalTypes(),
    stop: async () => undefined,
  };
  const engine = createRulesEngine({ ...parts, enforcer, traces, settings: config.rulesengine, logger });
  return composeServices([parts.infrastructure, triggerTypes, engine]);
});

await runWhenProgram(import.meta.url, service);
