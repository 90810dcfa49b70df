/** Ends questions that nobody answered in their time; the workflows that wait for them go on. */
import type { ActionService } from '../../action-service/contract.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

const DEFAULT_TTL_MINUTES = 1440;

interface Deps {
  readonly stores: Stores;
  readonly actions: Pick<ActionService, 'endQuestion'>;
  readonly systemUser: string;
  readonly logger: Logger;
}

/** @returns how many were ended */
export async function endOverdueInquiries(deps: Deps, now: Date): Promise<number> {
  const { stores, actions, systemUser, logger } = deps;
  const pending = await stores.executions.find(
    { status: 'pending', runner_type: 'inquirer' },
    { include: ['result', 'start_timestamp', 'parent'] },
  );
  let ended = 0;
  for (const inquiry of pending.filter((one) => isOverdue(one, now))) {
    const changed = await actions.endQuestion(inquiry, { status: 'timeout', result: inquiry.result, user: systemUser });
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
