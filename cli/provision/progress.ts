/** Tells a person what is going on. */
export interface Progress {
  /** One line, at once. */
  say(line: string): void;
  /** Awaits `work`; when it takes longer than two seconds, shows `label` with the seconds that have passed. */
  during<T>(label: string, work: Promise<T>): Promise<T>;
}

/** Where a progress writes to: `process.stdout` has this shape. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const intervalMs = 2_000;
/** In a log what goes on is said again when it has taken twice as long, and at least that often. Milliseconds. */
const longestSilenceMs = 30_000;

/** A progress of lines: one counter line that is rewritten on a terminal; elsewhere lines, fewer as time goes on. */
export function createProgress(output: ProgressOutput): Progress {
  const running = new Map<symbol, { readonly label: string; readonly since: number; sayAfter: number }>();
  let timer: NodeJS.Timeout | undefined;
  let hasCounter = false;

  const clearCounter = () => {
    if (hasCounter) output.write('\r\x1b[K');
    hasCounter = false;
  };
  const tick = () => {
    const now = Date.now();
    const due = [...running.values()].filter(({ since, sayAfter }) => now - since >= sayAfter - 50);
    const texts = due.map(({ label, since }) => `${label} … ${Math.round((now - since) / 1_000)} s`);
    if (texts.length === 0) return;
    if (output.isTTY) {
      clearCounter();
      output.write(texts.join('; '));
      hasCounter = true;
    } else {
      output.write(`${texts.join('; ')}\n`);
      for (const work of due) work.sayAfter = Math.min(2 * (now - work.since), now - work.since + longestSilenceMs);
    }
  };

  return {
    say(line) {
      clearCounter();
      output.write(`${line}\n`);
    },
    async during(label, work) {
      const key = Symbol(label);
      running.set(key, { label, since: Date.now(), sayAfter: intervalMs });
      timer ??= setInterval(tick, output.isTTY ? 1_000 : intervalMs);
      try {
        return await work;
      } finally {
        running.delete(key);
        clearCounter();
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
  };
}

/** A progress that says nothing, for tests. */
export const silentProgress: Progress = {
  say: () => undefined,
  during: (_label, work) => work,
};
