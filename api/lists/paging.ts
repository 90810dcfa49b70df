import { ForbiddenError, ValidationError } from '../../core/errors.ts';
import type { Query } from '../server/query.ts';
import type { Requester } from '../server/route.ts';

/** The part of a list that is asked for. */
export interface Page {
  /** Absent: everything, and no `X-Limit` is sent. */
  readonly limit?: number;
  readonly offset: number;
}

const MAX_OFFSET = 2 ** 31;

/**
 * Reads `limit` and `offset` by StackStorm's rules.
 *
 * @param fallback limit when none is given; absent: everything
 * @throws ValidationError, ForbiddenError with StackStorm's sentences
 */
export function readPage(query: Query, requester: Requester, maxPageSize: number, fallback?: number): Page {
  const offset = query.integer('offset') ?? 0;
  if (offset >= MAX_OFFSET) throw new ValidationError(`Offset "${offset}" specified is more than 32-bit int`);
  if (offset < 0) throw new ValidationError(`Offset "${offset}" specified, must not be negative.`);
  const limit = query.integer('limit') ?? fallback;
  if (limit === undefined) return { offset };
  if (limit === 0)
    throw new ValidationError('Limit, "0" specified, must be a positive number or -1 for full result set.');
  if (limit < -1) throw new ValidationError(`Limit, "${limit}" specified, must be a positive number.`);
  if (limit === -1) {
    if (requester.isAdmin) return { offset };
    throw new ForbiddenError(
      'Administrator access required to be able to specify limit=-1 and retrieve all the records',
    );
  }
  if (limit > maxPageSize && !requester.isAdmin)
    throw new ForbiddenError(`Limit "${limit}" specified, maximum value is "${maxPageSize}"`);
  return { limit: Math.min(limit, MAX_OFFSET - 1), offset };
}
