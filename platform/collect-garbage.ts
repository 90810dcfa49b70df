/** Gives memory back after a large piece of work. */
import v8 from 'node:v8';
import vm from 'node:vm';

/** For what is still on the stack of the piece of work, and for others that end at the same time. */
const DELAY_MS = 200;

let due: NodeJS.Timeout | undefined;
let collect: ((options: object) => Promise<void>) | undefined;

/**
 * Has garbage collected soon, once for all who ask. Left to itself V8 lets the heap grow to a multiple of what is in use before it looks: a
 * process that passes 10 MB of text on from time to time would keep 150 MiB of what it has dropped.
 */
export function collectGarbageSoon(): void {
  if (due !== undefined) return;
  due = setTimeout(() => {
    due = undefined;
    collect ??= exposeCollector();
    void collect({ type: 'major', execution: 'async' });
  }, DELAY_MS);
  due.unref();
}

/** Node has no function for it, only V8's flag for one. */
function exposeCollector(): (options: object) => Promise<void> {
  v8.setFlagsFromString('--expose-gc');
  return vm.runInNewContext('gc') as (options: object) => Promise<void>;
}
