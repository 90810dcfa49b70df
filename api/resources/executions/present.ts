import type { Execution } from '../../../stores/executions.ts';
import type { ApiContext } from '../../context.ts';
import { presentRecord } from '../../lists/presentation.ts';
import type { ApiRequest } from '../../server/route.ts';
import { showsSecrets } from './read.ts';

/** An execution as the answer to a request. */
export async function present(context: ApiContext, request: ApiRequest, execution: Execution): Promise<unknown> {
  const [presented] = await context.actions.present([execution], { showSecrets: showsSecrets(request) });
  return presented ?? presentRecord(execution);
}
