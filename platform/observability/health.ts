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
  const answers = await Promise.all(
    [...checks].map(async ([part, check]) => [part, await withinTime(check).catch(() => false)] as const),
  );
  return { ready: answers.every(([, ready]) => ready), parts: Object.fromEntries(answers) };
}

async function withinTime(check: Check): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
