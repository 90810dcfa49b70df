import { createProcessParts } from '../../action-service/process-parts.ts';
import { createTriggerService } from '../../action-service/triggers/trigger-service.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createTimersEngine } from '../timers/timers-engine.ts';

export const service = defineService('st2timersengine', async (context) => {
  const parts = await createProcessParts(context);
  const { config, logger } = context;
  const triggerTypes = {
    start: () => createTriggerService(parts.stores, parts.bus).registerInternalTypes(),
    stop: async () => undefined,
  };
  return composeServices([
    parts.infrastructure,
    triggerTypes,
    createTimersEngine({ ...parts, settings: config.timersengine, logger }),
  ]);
});

await runWhenProgram(import.meta.url, service);
