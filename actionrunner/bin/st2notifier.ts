import { composeServices, runService } from '../../platform/lifecycle.ts';
import { createNotifier } from '../notifier/notifier.ts';
import { createPolicies } from '../policies/policies.ts';
import { createProcessParts } from '../process-parts.ts';
import { createTriggerDispatch } from '../trigger-dispatch.ts';

await runService('st2notifier', async (context) => {
  const parts = await createProcessParts(context);
  const { logger } = context;
  const policies = createPolicies({ ...parts, logger });
  const dispatch = createTriggerDispatch(parts.stores, parts.bus);
  return composeServices([parts.infrastructure, createNotifier({ ...parts, policies, dispatch, logger })]);
});
