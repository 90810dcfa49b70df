import { ValidationError } from '../../../core/errors.ts';
import type { RunContext } from '../contract.ts';

type Entry = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 30_000;

/** The index of packs, through the API, which keeps it. */
export function createIndexClient(context: RunContext) {
  async function ask(body: Entry): Promise<unknown> {
    const env = await context.actionEnvironment();
    const answer = await fetch(`${env.ST2_ACTION_API_URL}/packs/index/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-auth-token': env.ST2_ACTION_AUTH_TOKEN ?? '' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (!answer.ok) throw new ValidationError(`The index of packs cannot be asked: status ${answer.status}.`);
    return answer.json();
  }
  return {
    async find(pack: string): Promise<Entry | undefined> {
      const found = await ask({ pack });
      return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Entry) : undefined;
    },
    search: (query: string) => ask({ query }),
  };
}
