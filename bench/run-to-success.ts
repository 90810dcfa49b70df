import type { RunningServices } from '../test/support/running-services.ts';

/** A client waits a tenth of the time that has passed, within these bounds: asking all the time would be part of what is measured. */
const POLL_MS = { least: 5, most: 100 } as const;

/** Posts an execution and waits for its end. @returns its id @throws Error when it does not succeed */
export async function runToSuccess(
  services: RunningServices,
  action: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { id } = await services.request<{ id: string }>('POST', '/executions', { action, parameters });
  const began = performance.now();
  for (;;) {
    const { status } = await services.request<{ status: string }>('GET', `/executions/${id}?include_attributes=status`);
    if (status === 'succeeded') return id;
    if (['failed', 'timeout', 'canceled', 'abandoned'].includes(status)) throw new Error(`${action} ended ${status}`);
    const wait = Math.min(Math.max((performance.now() - began) / 10, POLL_MS.least), POLL_MS.most);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
