import { UnavailableError } from '../core/errors.ts';

/**
 * Waits for work that may hang. The work itself goes on.
 *
 * @param milliseconds how long it is waited for
 * @param message of the error then
 * @throws UnavailableError when the time is over, and what the work throws
 */
export async function withDeadline<T>(work: Promise<T>, milliseconds: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UnavailableError(message)), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
