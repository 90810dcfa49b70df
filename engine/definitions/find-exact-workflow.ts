import { forgetOldest } from '../../core/forget-oldest.ts';
import { rememberLoad } from '../../stores/remembered.ts';
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

/**
 * Makes a {@link FindExactWorkflow} that remembers what it found. That is not wrong where another process has changed the definition
 * since: who names a text gets this text, or the one that is stored.
 */
export function createFindExactWorkflow(stores: DefinitionStores): FindExactWorkflow {
  const known = new Map<string, () => Promise<FoundWorkflow | undefined>>();
  return async (name, namespace, checksum) => {
    const key = JSON.stringify([namespace, name, checksum]);
    const load = () => findWorkflow(stores, [name], namespace);
    const look = known.get(key) ?? rememberLoad(stores.workflowDefinitions, load, REMEMBERED_MS);
    known.set(key, look);
    forgetOldest(known, REMEMBERED.workflows);
    const found = await look();
    const text = found?.definition.definition;
    const isWorthIt = text !== undefined && text.length <= REMEMBERED.length && checksumOf(text) === checksum;
    if (!isWorthIt && known.get(key) === look) known.delete(key);
    return found;
  };
}
