import { isGrpcServiceError, ServiceError } from '@temporalio/client';

/** gRPC's codes of calls that did not get through: cancelled, deadline exceeded, resource exhausted, internal (a broken stream), unavailable. */
const PASSING: ReadonlySet<number> = new Set([1, 4, 8, 13, 14]);

/** Whether a call of Temporal failed because its server is away or too busy: the same call may succeed later. */
export function isTemporalFailure(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) && PASSING.has(cause.code);
}
