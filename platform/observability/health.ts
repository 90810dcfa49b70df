import { withDeadline } from '../with-deadline.ts';

/** Whether what a process depends on answers. Parts register themselves where they are made. */

type Check = () => Promise<boolean>;

const checks = new Map<string, Check>();
const CHECK_MS = 3_000;

/** Adds a part to what `/readyz` asks. Registering the same name again replaces the check. */
export function registerHealthCheck(part: string, check: Check): void {
  checks.set(part, check);
}

/** The state of each part; one that does not answer in time counts as not ready. */
export async function askHealth(): Promise<{ readonly ready: boolean; readonly parts: Record<string, boolean> }> {
  const answers = await Promise.all([...checks].map(async ([part, check]) => [part, await inTime(check)] as const));
  return { ready: answers.every(([, ready]) => ready), parts: Object.fromEntries(answers) };
}

function inTime(check: Check): Promise<boolean> {
  const answer = Promise.resolve().then(check);
  return withDeadline(answer, CHECK_MS, 'The check does not answer.').catch(() => false);
}
