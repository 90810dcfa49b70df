import type { RunningServices } from '../test/support/running-services.ts';

/**
 * A client waits half of the time that has passed, within these bounds, and at first for as long as the same took last time: asking all the
 * time would be part of what is measured. `st2 run` asks every two seconds.
 */
const POLL_MS = { least: 50, most: 2_000 } as const;
/** How long each action took last time. Milliseconds. */
const lastTook = new Map<string, number>();

const FAILURES = ['failed', 'timeout', 'canceled', 'abandoned'];

/** An execution that has succeeded. */
export interface Success {
  readonly id: string;
  /** From before the request was sent to the end that is stored: when the next poll finds it is not part of it. Milliseconds. */
  readonly took: number;
}

/** Posts an execution and waits for its end. @throws Error when it does not succeed */
export async function runToSuccess(
  services: RunningServices,
  action: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<Success> {
  const began = Date.now();
  const { id } = await services.request<{ id: string }>('POST', '/executions', { action, parameters });
  let wait = lastTook.get(action) ?? POLL_MS.least;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(wait, POLL_MS.least), POLL_MS.most)));
    const { status, end_timestamp: end = '' } = await services.request<{ status: string; end_timestamp?: string }>(
      'GET',
      `/executions/${id}?include_attributes=status,end_timestamp`,
    );
    if (status === 'succeeded') {
      const took = Date.parse(end) - began;
      lastTook.set(action, took);
      return { id, took };
    }
    if (FAILURES.includes(status)) throw new Error(`${action} ended ${status}`);
    wait = (Date.now() - began) / 2;
  }
}
