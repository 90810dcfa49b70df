import type { ActionService, CallbackSender } from '../../action-service/contract.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { StartContext } from '../executions/start-execution.ts';

/** What the parts of the results tracker work with. */
export interface TrackerContext extends StartContext {
  readonly actions: ActionService;
  readonly callback: CallbackSender;
  readonly logger: Logger;
}
