import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionAnswer } from '../executions.ts';
import type { FaultPack } from '../fault-pack.ts';
import type { RunningServices } from '../running-services.ts';

export const chaosWorkflows = ['chain', 'fan', 'nested'] as const;

/** A workflow that was asked for. */
export interface Asked {
  readonly workflow: (typeof chaosWorkflows)[number];
  /** Of its marks. */
  readonly name: string;
  readonly id: string;
}

/** Asks for one workflow as a patient client does: again with the same key until the API has answered. */
export async function ask(
  services: RunningServices,
  pack: FaultPack,
  workflow: Asked['workflow'],
  name: string,
): Promise<Asked> {
  const token = await services.token();
  for (;;) {
    try {
      const response = await fetch(`${services.apiUrl}/v1/executions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-auth-token': token, 'idempotency-key': name },
        body: JSON.stringify({ action: `faultpack.${workflow}`, parameters: { marks: pack.markFile(name) } }),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      if (response.status === 201) return { workflow, name, id: (JSON.parse(text) as ExecutionAnswer).id };
      if (response.status < 500 && response.status !== 429) throw new TypeError(`${response.status} ${text}`);
    } catch (error) {
      if (error instanceof TypeError && /^4\d\d/.test(error.message)) throw error;
    }
    await delay(300);
  }
}
