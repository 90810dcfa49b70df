import type { Connection } from '@temporalio/client';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';

const INDEXED_VALUE_TYPE_KEYWORD = 2;

/**
 * Creates the search attributes that are missing: a server refuses workflows that carry unknown ones.
 * Safe to race; where a managed server reserves this to its operator, a warning says so.
 *
 * @param names attributes of type Keyword
 */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  names: readonly string[],
  logger: Logger,
): Promise<void> {
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = names.filter((name) => !Object.hasOwn(known.customAttributes ?? {}, name));
    if (missing.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
    });
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'search attributes could not be created');
  }
}
