/**
 * Signs of life for what this process runs: one update for all of it, three times a lease.
 * An execution that is not ours any more (its lease ran out and it was abandoned) is reported, so that it stops.
 */
import type { ActionService } from '../../action-service/contract.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';

export interface Leases {
  start(): void;
  hold(executionId: string): void;
  release(executionId: string): void;
  stop(): void;
}

interface Options {
  readonly actions: ActionService;
  readonly owner: string;
  /** Length of a lease. */
  readonly seconds: number;
  readonly onLost: (executionId: string) => void;
  readonly logger: Logger;
}

export function createLeases({ actions, owner, seconds, onLost, logger }: Options): Leases {
  const held = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let beating = false;

  async function beat(): Promise<void> {
    if (beating || held.size === 0) return;
    beating = true;
    const ids = [...held];
    try {
      const mine = new Set(await actions.renewLeases(owner, ids, seconds));
      for (const id of ids) if (!mine.has(id) && held.has(id)) onLost(id);
    } catch (error) {
      logger.warn({ reason: errorMessage(error), executions: ids.length }, 'leases could not be renewed');
    } finally {
      beating = false;
    }
  }

  return {
    start() {
      timer = setInterval(() => void beat(), (seconds * 1000) / 3);
    },
    hold: (id) => void held.add(id),
    release: (id) => void held.delete(id),
    stop() {
      clearInterval(timer);
    },
  };
}
