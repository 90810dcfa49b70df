/** Things that are due at a time, soonest first: a binary heap, so that thousands of timers cost nothing while none is due. */
export interface DueQueue<T> {
  /** Adds an item. */
  add(due: number, item: T): void;
  /** When the first item is due. */
  nextDue(): number | undefined;
  /** Takes the first item if it is due. */
  takeDue(now: number): { readonly due: number; readonly item: T } | undefined;
  clear(): void;
}

interface Entry<T> {
  readonly due: number;
  readonly item: T;
}

export function createDueQueue<T>(): DueQueue<T> {
  const heap: Entry<T>[] = [];

  function swap(a: number, b: number): void {
    const kept = heap[a] as Entry<T>;
    heap[a] = heap[b] as Entry<T>;
    heap[b] = kept;
  }
  const dueAt = (index: number) => heap[index]?.due ?? Number.POSITIVE_INFINITY;

  function rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (dueAt(parent) <= dueAt(at)) return;
      swap(parent, at);
      at = parent;
    }
  }

  function sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const smaller = dueAt(left + 1) < dueAt(left) ? left + 1 : left;
      if (dueAt(at) <= dueAt(smaller)) return;
      swap(at, smaller);
      at = smaller;
    }
  }

  return {
    add(due, item) {
      heap.push({ due, item });
      rise(heap.length - 1);
    },
    nextDue: () => heap[0]?.due,
    takeDue(now) {
      const first = heap[0];
      if (first === undefined || first.due > now) return undefined;
      const last = heap.pop() as Entry<T>;
      if (heap.length > 0) {
        heap[0] = last;
        sink();
      }
      return first;
    },
    clear() {
      heap.length = 0;
    },
  };
}
