import { createHash } from 'node:crypto';
import type { OpenRecord } from '../../stores/records.ts';
import { fromText } from '../executions/execution-records.ts';
import type { StartRequest } from '../executions/start-execution.ts';

type Values = Readonly<Record<string, unknown>>;

/** One firing of a trigger. */
export interface Firing {
  /** What tells it from the others of the trigger; of a firing without it nobody knows whether it was there before. */
  readonly occasion?: string;
  readonly description: string;
  /** Parameters beside those of the trigger. */
  readonly params?: Values;
}

/** The request to start the workflow of a trigger, in the name of who has made it. It starts once, however often it is tried. */
export function triggerRequest(trigger: OpenRecord, { occasion, description, params }: Firing): StartRequest {
  return {
    ...(occasion === undefined ? {} : { id: executionId(trigger.id, occasion) }),
    workflow_id: String(trigger.workflow_id),
    namespace: '',
    input: fromText(trigger.workflow_input) as Values,
    params: { ...(fromText(trigger.workflow_params) as Values), ...params },
    description,
    user: trigger.user as string | undefined,
  };
}

/** A UUID, the same each time it is asked for. */
function executionId(trigger: string, occasion: string): string {
  const hex = createHash('sha256').update(`${trigger} ${occasion}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
