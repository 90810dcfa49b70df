/** Failures of a connection, not of what was sent over it. */
const CONNECTION_FAILURE = /^Mongo(Network|ServerSelection|Topology|Pool|NotConnected|Expired)|PoolClear/;

/** Whether a database call failed because the database is away: the same call may succeed later. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof Error && CONNECTION_FAILURE.test(error.name);
}
