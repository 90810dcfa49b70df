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

/** A progress of lines: one counter line that is rewritten on a terminal, a line each two seconds elsewhere. */
export function createProgress(output: ProgressOutput): Progress {
  const running = new Map<symbol, { readonly label: string; readonly since: number }>();
  let timer: NodeJS.Timeout | undefined;
  let hasCounter = false;

  const clearCounter = () => {
    if (hasCounter) output.write('\r\x1b[K');
    hasCounter = false;
  };
  const tick = () => {
    const texts = [...running.values()]
      .filter(({ since }) => Date.now() - since >= intervalMs - 50)
      .map(({ label, since }) => `${label} … ${Math.round((Date.now() - since) / 1_000)} s`);
    if (texts.length === 0) return;
    if (output.isTTY) {
      clearCounter();
      output.write(texts.join('; '));
      hasCounter = true;
    } else {
      output.write(`${texts.join('; ')}\n`);
    }
  };

  return {
    say(line) {
      clearCounter();
      output.write(`${line}\n`);
    },
    async during(label, work) {
      const key = Symbol(label);
      running.set(key, { label, since: Date.now() });
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
