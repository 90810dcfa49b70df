import type { Logger } from '../../platform/logging/create-logger.ts';
import { withDatabase } from '../../platform/mongo/with-database.ts';
import type { Execution } from '../../stores/executions.ts';

/** How an execution is taken. */
export interface Taking {
  /** Makes it this process's; `undefined` where it is not to be had. */
  readonly take: () => Promise<Execution | undefined>;
  /** The execution where it is this process's, by what is stored. */
  readonly findTaken: () => Promise<Execution | undefined>;
  /** Ends what waits for the database. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Takes an execution, again while the database is away. A database that goes away may have carried out what it gave no answer to: the
 * execution is taken then, and if this process did not find that out nobody would run it.
 *
 * @throws the reason of the signal, and what {@link withDatabase} throws
 */
export async function takeSurely({ take, findTaken, signal, logger }: Taking): Promise<Execution | undefined> {
  let isUnsure = false;
  return await withDatabase(logger, async () => {
    if (isUnsure) signal.throwIfAborted();
    try {
      return (await take()) ?? (isUnsure ? await findTaken() : undefined);
    } catch (error) {
      isUnsure = true;
      throw error;
    }
  });
}
