import type { Logger } from '../../platform/logging/create-logger.ts';
import type { ControlContext } from '../executions/control-execution.ts';

/** What the resources of mistral-api work with. */
export interface ApiContext extends ControlContext {
  readonly logger: Logger;
}
