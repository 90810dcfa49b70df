import type { ExecutionOutput } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';

/** Pieces of output loaded at once: some may be large. */
const PAGE = 50;

/**
 * The output of an execution that is stored, in order and in pages, so that it need not fit into memory.
 *
 * @param type of output; absent: all
 * @param isWanted what it refuses is not loaded
 */
export async function* storedOutput(
  { outputs }: Pick<Stores, 'outputs'>,
  { executionId, type }: { readonly executionId: string; readonly type?: string },
  isWanted: (id: string) => boolean = () => true,
): AsyncGenerator<readonly ExecutionOutput[]> {
  const filter = { execution_id: executionId, ...(type === undefined ? {} : { output_type: type }) };
  const order = await outputs.find(filter, {
    sort: { timestamp: 1, sequence: 1 },
    include: ['timestamp', 'sequence'],
  });
  const wanted = order.map(({ id }) => id).filter(isWanted);
  for (let at = 0; at < wanted.length; at += PAGE) {
    const ids = wanted.slice(at, at + PAGE);
    const pieces = new Map((await outputs.find({ id: { $in: ids } })).map((piece) => [piece.id, piece]));
    yield ids.flatMap((id) => pieces.get(id) ?? []);
  }
}
