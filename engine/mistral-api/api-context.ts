import type { Logger } from '../../platform/logging/create-logger.ts';
import type { St2ActionContext } from '../activities/st2-action.ts';
import type { ControlContext } from '../executions/control-execution.ts';

/** What the resources of mistral-api work with. */
export interface ApiContext extends ControlContext {
  readonly logger: Logger;
  /** StackStorm's API, and in whose name it is asked. */
  readonly st2api: Pick<St2ActionContext, 'credentialsFor'> & { readonly url: string };
}
