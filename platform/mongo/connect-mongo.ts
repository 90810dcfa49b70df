import mongoose, { type Connection } from 'mongoose';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../logging/create-logger.ts';

export type { Connection } from 'mongoose';

/**
 * Opens the pool of connections of one process.
 *
 * @throws UnavailableError with what to do, when no server answers within 5 s
 */
export async function connectMongo(config: Config, logger: Logger): Promise<Connection> {
  const connection = mongoose.createConnection(config.database.uri, {
    maxPoolSize: config.database.pool_size,
    serverSelectionTimeoutMS: 5_000,
    // The embedded server knows no sessions with retries; our writes are single and safe to repeat.
    retryWrites: false,
    autoIndex: false,
    autoCreate: false,
  });
  connection.on('error', (error: unknown) => logger.warn({ err: error }, 'database connection failed'));
  try {
    await connection.asPromise();
  } catch (error) {
    const where = config.database.uri.replace(/\/\/[^@/]*@/, '//');
    throw new UnavailableError(
      `The database at ${where} does not answer: ${errorMessage(error)}. Set ST2_DATABASE__URI.`,
      {},
      error,
    );
  }
  return connection;
}
