import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '../../stores/stores.ts';

/** How long to wait before each further look. Altogether less than the sweep for lost orders takes. */
const WAITS_MS = [2, 5, 15, 50, 150];

/**
 * Waits a moment for an execution whose order came early: given while the execution was being stored, it may arrive first.
 *
 * @returns whether the execution is there now
 */
export async function comesLate(executions: Pick<Stores['executions'], 'get'>, id: string): Promise<boolean> {
  for (const wait of WAITS_MS) {
    await sleep(wait);
    if ((await executions.get(id, { include: ['status'] })) !== undefined) return true;
  }
  return false;
}
