import type { ExecutionStatus } from '../core/statuses.ts';
import { gather } from '../platform/gather.ts';
import type { Logger } from '../platform/logging/create-logger.ts';
import { databaseFailure } from '../platform/mongo/database-failure.ts';
import { withDatabase } from '../platform/mongo/with-database.ts';
import type { Change } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import { afterChange, type Move, setStatus, toChange, toFilter } from './change-status.ts';
import type { StatusChange } from './contract.ts';

/** Changes in one write at most. */
const TOGETHER = 50;

/**
 * Makes the function that changes statuses as {@link setStatus} does. What a runner takes in the same turn of the event loop, and what it
 * ends in the same turn, is written together: orders come many at once where many are given at once.
 */
export function createStatusSetter(
  stores: Stores,
  logger: Logger,
): (id: string, to: ExecutionStatus, change: StatusChange) => Promise<Execution | undefined> {
  const alone = ({ id, to, change: { known: _, ...change } }: Move) => setStatus(stores, id, to, change);
  /** What was not made may have been refused because the execution is not as it was known. */
  const refused = (move: Move) => (move.change.known === undefined ? undefined : alone(move));

  async function makeAll(
    moves: readonly Move[],
  ): Promise<readonly (Execution | undefined | Promise<Execution | undefined>)[]> {
    const isOneEach = new Set(moves.map(({ id }) => id)).size === moves.length;
    const areKnown = moves.every(({ change }) => change.known !== undefined);
    if ((moves.length === 1 && !areKnown) || !isOneEach) return moves.map(alone);
    const now = new Date();
    const changes = moves.map((move) => toChange(move, now));
    try {
      const count = await stores.executions.updateEach(
        moves.map((move, place) => ({ filter: toFilter(move), change: changes[place] as Change })),
      );
      if (count === 0) return moves.map(refused);
      if (count === moves.length && areKnown) {
        return moves.map(({ change }, place) => afterChange(change.known as Execution, changes[place] as Change));
      }
      // What was written must not be lost because the database goes away before it is read.
      const found = await withDatabase(logger, () => findAll(moves));
      return moves.map((move) => {
        const execution = found.get(move.id);
        if (execution === undefined || !(count === moves.length || wasMade(move, execution, now))) return refused(move);
        return asOfThen(move, execution, now);
      });
    } catch (error) {
      if (databaseFailure(error) !== undefined) throw error;
      // One of them does not fit into the database, which the driver finds before it sends any.
      return moves.map(alone);
    }
  }

  async function findAll(moves: readonly Move[]): Promise<ReadonlyMap<string, Execution>> {
    const found = await stores.executions.find(
      { id: { $in: moves.map(({ id }) => id) } },
      moves.every(hasResult) ? { exclude: ['result'] } : {},
    );
    return new Map(found.map((execution) => [execution.id, execution]));
  }

  const together = gather(makeAll, { most: TOGETHER, kindOf });

  return (id, to, change) => {
    const runner = change.ifLeasedBy ?? change.lease?.owner;
    return runner !== undefined ? together({ id, to, change }) : setStatus(stores, id, to, change);
  };
}

/** Its result may be large: it need not come back. */
const hasResult = ({ change }: Move) => change.result !== undefined;

const kindOf = (move: Move) => (move.change.known === undefined ? hasResult(move) : 'known');

/**
 * Whether it was this process that made a move, where not all of its write were made. Who takes an execution finds its own lease. An end
 * that another process has written in the same millisecond looks like this one; then both tell of it, which may be done twice.
 */
function wasMade({ to, change }: Move, { log, lease }: Execution, now: Date): boolean {
  if (!log.some((entry) => isEntry(entry, to, now))) return false;
  const taker = change.lease?.owner;
  return taker === undefined || lease?.owner === taker;
}

const isEntry = (entry: Execution['log'][number], status: ExecutionStatus, now: Date) =>
  entry.status === status && entry.timestamp.getTime() === now.getTime();

/** Others may have changed it between the write and the look at it. */
function asOfThen({ to, change }: Move, execution: Execution, now: Date): Execution {
  const place = execution.log.findLastIndex((entry) => isEntry(entry, to, now));
  const result = change.result ?? execution.result;
  return {
    ...execution,
    status: to,
    log: execution.log.slice(0, place + 1),
    ...(result === undefined ? {} : { result }),
  };
}
