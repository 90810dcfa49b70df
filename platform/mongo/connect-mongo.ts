import mongoose, { type Connection } from 'mongoose';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';
import { readTlsFiles } from '../config/tls.ts';
import type { Logger } from '../logging/create-logger.ts';
import { registerHealthCheck } from '../observability/health.ts';
import { explainDatabase } from '../tls/links.ts';
import { quietPools } from './quiet-pool.ts';
import { reopenWhenStuck } from './reopen-stuck.ts';
import { WakingConnection } from './waking-connection.ts';

export type { Connection } from 'mongoose';

quietPools();

/** How the driver reaches the database; with TLS as soon as one of its settings is there. */
export function databaseOptions(config: Config) {
  const { tls } = config.database;
  const files = readTlsFiles(config.database);
  return { ...(tls || files !== undefined ? { tls: true, ...files } : {}) };
}

/**
 * Opens the pool of connections of one process.
 *
 * @throws UnavailableError with what to do, when no server answers within 5 s
 */
export async function connectMongo(config: Config, logger: Logger): Promise<Connection> {
  const options = {
    ...databaseOptions(config),
    maxPoolSize: config.database.pool_size,
    serverSelectionTimeoutMS: 5_000,
    // The embedded server knows no sessions with retries; our writes are single and safe to repeat.
    retryWrites: false,
    // The driver looks at each character of what it reads: a third of the time that a result of 10 MB takes. What is stored was text before.
    enableUtf8Validation: false,
    autoIndex: false,
    autoCreate: false,
    connectionType: WakingConnection,
  };
  const connection = mongoose.createConnection(config.database.uri, options);
  connection.on('error', (error: unknown) => logger.warn({ err: error }, 'database connection failed'));
  try {
    await connection.asPromise();
  } catch (error) {
    const where = config.database.uri.replace(/\/\/[^@/]*@/, '//');
    const why = (await explainDatabase(config))?.text ?? `${errorMessage(error)}. Set ST2_DATABASE__URI.`;
    throw new UnavailableError(`The database at ${where} does not answer: ${why}`, {}, error);
  }
  reopenWhenStuck(connection, { uri: config.database.uri, options }, logger);
  registerHealthCheck('database', async () => {
    await connection.db?.command({ ping: 1 });
    return connection.readyState === 1;
  });
  return connection;
}
