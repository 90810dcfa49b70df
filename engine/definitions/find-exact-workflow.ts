import { checksumOf } from './checksum.ts';
import { type DefinitionStores, type FoundWorkflow, findWorkflow } from './find-workflow.ts';

/** For how long it may go unnoticed that another process has removed or changed the definition. */
const REMEMBERED_MS = 1_000;
/** Definitions remembered, and the longest of those, in characters: a process is to stay small. */
const REMEMBERED = { workflows: 100, length: 20_000 } as const;

/**
 * Finds the workflow of this name, as {@link findWorkflow} does, for a request that knows its text.
 *
 * @param checksum of the text that is meant; what is found may be another one
 */
export type FindExactWorkflow = (
  name: string,
  namespace: string,
  checksum: string,
) => Promise<FoundWorkflow | undefined>;

interface Remembered {
  readonly found: FoundWorkflow;
  readonly checksum: string;
  readonly until: number;
  readonly revision: number;
}

/**
 * Makes a {@link FindExactWorkflow} that remembers what it found. That is not wrong where another process has changed the definition
 * since: who names a text gets this text, or the one that is stored.
 */
export function createFindExactWorkflow(stores: DefinitionStores): FindExactWorkflow {
  const known = new Map<string, Remembered>();
  return async (name, namespace, checksum) => {
    const key = JSON.stringify([namespace, name]);
    const revision = stores.workflowDefinitions.revision();
    const before = known.get(key);
    const isFresh = before !== undefined && before.until > performance.now() && before.revision === revision;
    if (isFresh && before.checksum === checksum) return before.found;
    const found = await findWorkflow(stores, [name], namespace);
    known.delete(key);
    const text = found?.definition.definition;
    if (found !== undefined && text !== undefined && text.length <= REMEMBERED.length) {
      known.set(key, { found, checksum: checksumOf(text), until: performance.now() + REMEMBERED_MS, revision });
      const [oldest] = known.keys();
      if (known.size > REMEMBERED.workflows && oldest !== undefined) known.delete(oldest);
    }
    return found;
  };
}
