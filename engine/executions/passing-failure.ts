import { databaseFailure } from '../../platform/mongo/database-failure.ts';
import { isTemporalFailure } from '../../platform/temporal/temporal-failure.ts';

/** Whether something failed because Temporal or the database is away: the same may succeed later. */
export function isPassingFailure(error: unknown): boolean {
  return databaseFailure(error) !== undefined || isTemporalFailure(error);
}
