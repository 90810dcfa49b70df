import type { Stores } from '../../stores/stores.ts';
import { outputEvent } from './event-hub.ts';
import type { StreamEvent } from './events.ts';

/** Pieces of output loaded at once: some may be large. */
const PAGE = 50;

/**
 * The output of an execution that is stored, in order and in pages, so that it need not fit into memory. What `isMissing`
 * refuses is not loaded.
 */
export async function* storedOutput(
  { outputs }: Pick<Stores, 'outputs'>,
  executionId: string,
  isMissing: (id: string) => boolean,
): AsyncGenerator<readonly StreamEvent[]> {
  const order = await outputs.find(
    { execution_id: executionId },
    { sort: { timestamp: 1, sequence: 1 }, include: ['timestamp', 'sequence'] },
  );
  const missing = order.map(({ id }) => id).filter(isMissing);
  for (let at = 0; at < missing.length; at += PAGE) {
    const ids = missing.slice(at, at + PAGE);
    const pieces = new Map((await outputs.find({ id: { $in: ids } })).map((piece) => [piece.id, piece]));
    yield ids.flatMap((id) => pieces.get(id) ?? []).map((piece) => outputEvent(piece));
  }
}
