/** Does work for many items at once that come one by one. */
export interface Batch<T> {
  /** Resolves when the work for this item is done; rejects when that of its batch failed. */
  add(item: T): Promise<void>;
  /** Does what is waiting without waiting for more; resolves when everything under way has ended, well or not. */
  flush(): Promise<void>;
}

export interface BatchOptions {
  /** How long the first item of a batch waits for others. Milliseconds. */
  readonly waitMs: number;
  /** Items in a batch at most. */
  readonly most: number;
}

interface OpenBatch<T> {
  readonly items: T[];
  readonly done: Promise<void>;
  close(): void;
}

export function createBatch<T>(work: (items: readonly T[]) => Promise<void>, { waitMs, most }: BatchOptions): Batch<T> {
  const running = new Set<Promise<void>>();
  let current: OpenBatch<T> | undefined;

  function open(): OpenBatch<T> {
    const items: T[] = [];
    let close: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      close = () => {
        clearTimeout(timer);
        current = undefined;
        resolve();
      };
    });
    const timer = setTimeout(close, waitMs);
    const done = closed.then(() => work(items));
    running.add(done);
    const forget = () => running.delete(done);
    done.then(forget, forget);
    return { items, done, close };
  }

  return {
    add(item) {
      current ??= open();
      const { items, done, close } = current;
      items.push(item);
      if (items.length >= most) close();
      return done;
    },
    async flush() {
      current?.close();
      await Promise.allSettled(running);
    },
  };
}
