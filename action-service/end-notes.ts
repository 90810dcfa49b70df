import { createBatch } from '../platform/batch.ts';
import { storedSize } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import type { ActionService } from './contract.ts';
import { recordUnheardEnds } from './triggers/record-ends.ts';

/** Shorter than the age from which the sweeps look at ends that nothing followed from. */
const COLLECT_MS = 400;
/**
 * The same for what belongs to no workflow. Somebody may wait for it, and look at its trace next: after a pause it does not wait at all,
 * unless its result is large. That is what is looked at next then, and the note would be in the way.
 */
const COLLECT_ROOTS_MS = 100;
const LARGE_BYTES = 1024 * 1024;
const MOST = 100;

/** What has followed from the end of an execution. */
export interface EndNote {
  readonly execution: Execution;
  /** Who waited for it was told. */
  readonly isTold: boolean;
  /** Nobody else is to hear of it: it is recorded with this note. */
  readonly isQuiet: boolean;
}

export interface EndNotes {
  add(note: EndNote): void;
  /** Writes what has been collected. */
  flush(): Promise<void>;
}

/**
 * Notes in the database what followed from ends, many at once. A note that is lost (the process ends before it is written) only makes a
 * sweep do the same once more, which changes nothing.
 */
export function createEndNotes(
  stores: Pick<Stores, 'executions' | 'triggerInstances'>,
  actions: Pick<ActionService, 'present'>,
  onError: (error: unknown) => void,
): EndNotes {
  async function mark(notes: readonly EndNote[], isTold: boolean, isQuiet: boolean): Promise<void> {
    const ids = notes
      .filter((note) => note.isTold === isTold && note.isQuiet === isQuiet)
      .map(({ execution }) => execution.id);
    if (ids.length === 0) return;
    const marks = { ...(isTold ? { callback_state: 'delivered' } : {}), ...(isQuiet ? { notify_state: 'done' } : {}) };
    await stores.executions.updateMany({ id: { $in: ids } }, { $set: marks });
  }

  async function write(notes: readonly EndNote[]): Promise<void> {
    const quiet = notes.filter(({ isQuiet }) => isQuiet).map(({ execution }) => execution);
    if (quiet.length > 0) await recordUnheardEnds(stores, actions, quiet);
    await mark(notes, true, true);
    await mark(notes, true, false);
    await mark(notes, false, true);
  }

  const patient = createBatch(write, { waitMs: COLLECT_MS, most: MOST });
  const roots = createBatch(write, { waitMs: COLLECT_ROOTS_MS, most: MOST });

  let lastRoot = Number.NEGATIVE_INFINITY;

  function addRoot(note: EndNote): void {
    roots.add(note).catch(onError);
    const now = performance.now();
    if (now - lastRoot > COLLECT_ROOTS_MS) void roots.flush();
    lastRoot = now;
  }

  return {
    add(note) {
      if (note.execution.parent === undefined && !isLarge(note.execution)) addRoot(note);
      else patient.add(note).catch(onError);
    },
    async flush() {
      await Promise.all([patient.flush(), roots.flush()]);
    },
  };
}

function isLarge({ result }: Execution): boolean {
  return typeof result === 'object' && result !== null && storedSize(result) > LARGE_BYTES;
}
