import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '../../../cli/services.ts';
import type { RunningServices } from '../running-services.ts';

/** Starts services again that have ended, as the supervisor of an installation does, until it is told to stop. @param say hears of each start */
export function superviseServices(
  services: RunningServices,
  names: readonly ServiceName[],
  say: (line: string) => void,
) {
  let stopped = false;
  const ended = new Set<number>();
  const watch = async (name: ServiceName) => {
    while (!stopped) {
      if (services.process(name).hasExited) {
        ended.add(services.process(name).pid);
        // It ends again as long as what it needs is away.
        const began = Date.now();
        const outcome = await services.restart(name).then(
          () => 'serves',
          () => 'has ended again',
        );
        say(`${name} ${outcome} after ${Date.now() - began} ms`);
      }
      await delay(200);
    }
  };
  const watching = names.map(watch);
  return {
    /** Pids of the processes that have ended. */
    ended: ended as ReadonlySet<number>,
    async stop() {
      stopped = true;
      await Promise.all(watching);
    },
  };
}
