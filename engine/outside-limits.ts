/**
 * Time limits of the actions by which the worker itself acts on the outside: the activities keep them, and the workflows (sandbox)
 * wait no longer than that.
 */

type Input = Readonly<Record<string, unknown>>;

/** Of a request that names none. Seconds. */
const HTTP_SECONDS = 600;
/** Timers of Node hold no more. Seconds. */
const LONGEST_SECONDS = 2_147_483;
/** Of one message, with all that the server has to answer. Seconds. */
export const EMAIL_SECONDS = 600;
/** What an activity may need beyond its own limit to say how it ended. Seconds. */
export const MARGIN_SECONDS = 60;
/** An activity shows that often that it is alive. Seconds. */
export const BEAT_SECONDS = 10;
/** An activity that has shown nothing for so long is lost with its process. Seconds. */
export const LOST_SECONDS = 60;

/** The limit of a request, with its whole answer; `undefined` when the action's `timeout` is no number of seconds. */
export function httpSeconds({ timeout }: Input): number | undefined {
  const seconds = Number(timeout ?? HTTP_SECONDS);
  return seconds >= 0 ? Math.min(seconds, LONGEST_SECONDS) : undefined;
}
