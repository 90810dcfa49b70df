import { CancellationScope, sleep } from '@temporalio/workflow';
import type { Command, ConductorEvent } from '../conductor/contract.ts';

type TimerCommand = Extract<Command, { type: 'timer.start' }>;

/** The conductor's timers. */
export interface WorkflowTimers {
  start(command: TimerCommand): void;
  cancel(id: string): void;
  /** Those that have not fired, with the time that is left. */
  pending(): readonly TimerCommand[];
  readonly count: number;
}

export function createWorkflowTimers(feed: (event: ConductorEvent) => void): WorkflowTimers {
  const open = new Map<string, { readonly due: number; readonly scope: CancellationScope }>();
  return {
    start({ id, seconds }) {
      const scope = new CancellationScope();
      const timer = { due: Date.now() + seconds * 1_000, scope };
      open.set(id, timer);
      void scope
        .run(() => sleep(Math.max(1, Math.round(seconds * 1_000)), { summary: id }))
        .then(
          () => {
            if (open.get(id) !== timer) return;
            open.delete(id);
            feed({ type: 'timer.fired', id });
          },
          () => undefined, // cancelled: nobody waits
        );
    },
    cancel(id) {
      const timer = open.get(id);
      open.delete(id);
      timer?.scope.cancel();
    },
    get count() {
      return open.size;
    },
    pending: () =>
      [...open].map(([id, { due }]) => ({
        type: 'timer.start',
        id,
        seconds: Math.max(0, (due - Date.now()) / 1_000),
      })),
  };
}
