/** Ends questions that nobody answered in their time; the workflows that wait for them go on. */
import type { ActionService } from '../../action-service/contract.ts';
import { errorCode } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

const DEFAULT_TTL_MINUTES = 1440;
/** Deeper nesting of workflows than this is a loop in the records. */
const MAX_DEPTH = 100;

interface Deps {
  readonly stores: Stores;
  readonly actions: Pick<ActionService, 'changeStatus' | 'resume'>;
  readonly systemUser: string;
  readonly logger: Logger;
}

/** @returns how many were ended */
export async function endOverdueInquiries(deps: Deps, now: Date): Promise<number> {
  const { stores, actions, logger } = deps;
  const pending = await stores.executions.find(
    { status: 'pending', runner_type: 'inquirer' },
    { include: ['result', 'start_timestamp', 'parent'] },
  );
  let ended = 0;
  for (const inquiry of pending.filter((one) => isOverdue(one, now))) {
    await resumeRoot(deps, inquiry);
    const changed = await actions.changeStatus(inquiry.id, 'timeout', { result: inquiry.result, from: ['pending'] });
    if (changed === undefined) continue;
    ended += 1;
    logger.info({ execution_id: inquiry.id }, 'inquiry timed out');
  }
  return ended;
}

function isOverdue(inquiry: Execution, now: Date): boolean {
  const given = isPlainObject(inquiry.result) ? Number(inquiry.result.ttl) : Number.NaN;
  const minutes = Number.isFinite(given) ? given : DEFAULT_TTL_MINUTES;
  // 0 is for ever, as in StackStorm.
  return minutes > 0 && inquiry.start_timestamp.getTime() + minutes * 60_000 < now.getTime();
}

/** The paused workflow goes on before the end of its question arrives: otherwise it would race with the end of its task. */
async function resumeRoot({ stores, actions, systemUser }: Deps, inquiry: Execution): Promise<void> {
  let root: Execution | undefined;
  let parent = inquiry.parent;
  for (let depth = 0; parent !== undefined && depth < MAX_DEPTH; depth += 1) {
    const found: Execution | undefined = await stores.executions.get(parent, { exclude: ['result'] });
    if (found === undefined) break;
    root = found;
    parent = found.parent;
  }
  if (root === undefined || (root.status !== 'paused' && root.status !== 'pausing')) return;
  await actions.resume(root.id, systemUser).catch((error: unknown) => {
    // Still pausing, or going on already.
    if (errorCode(error) !== 'VALIDATION') throw error;
  });
}
