/** A number of slots; who finds none waits in line. */
export interface Pool {
  /** Resolves to the function that gives the slot back (once). Rejects when the pool is closed meanwhile. */
  take(): Promise<() => void>;
  /** Whether who comes now would wait. */
  isFull(): boolean;
  /** Refuses all who wait and who come. */
  close(): void;
  readonly used: () => number;
}

export function createPool(size: number): Pool {
  const line: { grant(): void; refuse(): void }[] = [];
  let used = 0;
  let closed = false;
  const refusal = () => new Error('The action runner is stopping.');

  function slot(): () => void {
    used += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      used -= 1;
      line.shift()?.grant();
    };
  }

  return {
    take() {
      if (closed) return Promise.reject(refusal());
      if (used < size) return Promise.resolve(slot());
      return new Promise((resolve, reject) => {
        line.push({ grant: () => resolve(slot()), refuse: () => reject(refusal()) });
      });
    },
    isFull: () => !closed && used >= size,
    close() {
      closed = true;
      for (const one of line.splice(0)) one.refuse();
    },
    used: () => used,
  };
}
