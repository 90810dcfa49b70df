import { createProcessParts } from '../../action-service/process-parts.ts';
import { composeServices, defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createGarbageCollector } from '../garbage-collector/garbage-collector.ts';

export const service = defineService('st2garbagecollector', async (context) => {
  const parts = await createProcessParts(context);
  const { config, logger } = context;
  const collector = createGarbageCollector({
    ...parts,
    settings: config.garbagecollector,
    systemUser: config.system.user,
    logger,
  });
  // As in StackStorm: an operator may ask for a collection at once.
  process.on('SIGUSR2', () => collector.hurry());
  return composeServices([parts.infrastructure, collector]);
});

await runWhenProgram(import.meta.url, service);
