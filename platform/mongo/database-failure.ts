/** Failures of a connection, not of what was sent over it. */
const CONNECTION_FAILURE = /^Mongo(Network|ServerSelection|Topology|Pool|NotConnected|Expired)|PoolClear/;

/** MongoDB's code for a disk that is full. */
const OUT_OF_DISK_SPACE = 14031;

/**
 * Why a database call failed, when that lies with the database and the same call may succeed later.
 *
 * @returns a sentence for users; `undefined` for any other error
 */
export function databaseFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (CONNECTION_FAILURE.test(error.name)) return 'The database does not answer.';
  return 'code' in error && error.code === OUT_OF_DISK_SPACE ? 'The disk of the database is full.' : undefined;
}
