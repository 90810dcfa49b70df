import { maskOccurrences } from '../core/params/index.ts';
import type { Stores } from '../stores/stores.ts';
import { findSecrets, SECRECY_FIELDS } from './find-secrets.ts';
import type { Snapshots } from './snapshots.ts';

/** Masks what is secret of some executions, and of those below them, wherever it occurs in a value. */
export interface ExecutionsMask {
  mask(value: unknown): unknown;
  /** Whether an execution is stored no more: nobody knows what was secret of it. */
  isGone(id: string): boolean;
  /** Whether nothing is secret. */
  readonly isEmpty: boolean;
}

/** Makes the function that looks up what has to be masked for the executions with these ids. */
export function createExecutionsMasks(deps: { readonly stores: Stores; readonly snapshots: Snapshots }) {
  return async (ids: readonly string[]): Promise<ExecutionsMask> => {
    const executions =
      ids.length === 0
        ? []
        : await deps.stores.executions.find({ id: { $in: [...ids] } }, { include: [...SECRECY_FIELDS] });
    const found = new Set(executions.map(({ id }) => id));
    const secrets = await findSecrets(deps, executions);
    return {
      mask: (value) => maskOccurrences(value, secrets),
      isGone: (id) => !found.has(id),
      isEmpty: secrets.length === 0,
    };
  };
}
