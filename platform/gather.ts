export interface GatherOptions<T> {
  /** Calls that are done together at most. */
  readonly most: number;
  /**
   * For how long a call waits for the end of the work that is under way, so that others join it. Milliseconds; when absent, only calls
   * of the same turn of the event loop are done together.
   */
  readonly patienceMs?: number;
  /** Until when this call may be kept, so that others join it, by `performance.now()`; not at all when absent. */
  readonly keptUntil?: (item: T, times: GatherTimes) => number;
  /** Kept calls do not wait for others any longer once so long none has come. Milliseconds; without it they wait as long as they may. */
  readonly quietMs?: number;
  /** Only calls of the same kind are done together; all when absent. */
  readonly kindOf?: (item: T) => unknown;
}

/** By `performance.now()`. */
export interface GatherTimes {
  readonly now: number;
  /** When the last work began. */
  readonly lastBegin: number;
}

interface Call<T, R> {
  readonly item: T;
  resolve(result: R | Promise<R>): void;
  reject(error: unknown): void;
}

/**
 * Makes a function of one item of a function of many: what comes together is done together.
 *
 * @param work gives a result, or the promise of one, for each item, in their order; what it throws, all of its calls throw
 */
export function gather<T, R>(
  work: (items: readonly T[]) => Promise<readonly (R | Promise<R>)[]>,
  {
    most,
    patienceMs,
    keptUntil = () => 0,
    quietMs = Number.POSITIVE_INFINITY,
    kindOf = () => undefined,
  }: GatherOptions<T>,
): (item: T) => Promise<R> {
  const waiting: Call<T, R>[] = [];
  let underWay = 0;
  let lastBegin = Number.NEGATIVE_INFINITY;
  /** When those who wait are sent at the latest, and when it is quiet if none comes until then. */
  let due = Number.POSITIVE_INFINITY;
  let quietAt = Number.POSITIVE_INFINITY;
  let isLooking = false;
  let timer: NodeJS.Timeout | undefined;
  let wake = 0;

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    due = Number.POSITIVE_INFINITY;
    quietAt = Number.POSITIVE_INFINITY;
    for (const calls of inParts(waiting.splice(0))) void carryOut(calls);
  }

  /** After what the event loop has in hand: it may bring more calls. */
  function lookSoon(): void {
    if (isLooking) return;
    isLooking = true;
    setImmediate(() => {
      isLooking = false;
      const at = Math.min(due, quietAt);
      if (waiting.length >= most || at <= performance.now()) send();
      else if (waiting.length > 0) wakeAt(at);
    });
  }

  function wakeAt(at: number): void {
    if (timer !== undefined && wake <= at) return;
    clearTimeout(timer);
    wake = at;
    timer = setTimeout(() => {
      timer = undefined;
      lookSoon();
    }, at - performance.now());
  }

  function inParts(calls: readonly Call<T, R>[]): readonly (readonly Call<T, R>[])[] {
    const parts: Call<T, R>[][] = [];
    const open = new Map<unknown, Call<T, R>[]>();
    for (const call of calls) {
      const kind = kindOf(call.item);
      let part = open.get(kind);
      if (part === undefined || part.length >= most) {
        part = [];
        parts.push(part);
        open.set(kind, part);
      }
      part.push(call);
    }
    return parts;
  }

  async function carryOut(calls: readonly Call<T, R>[]): Promise<void> {
    underWay += 1;
    lastBegin = performance.now();
    try {
      const results = await work(calls.map(({ item }) => item));
      calls.forEach((call, place) => void call.resolve(results[place] as R | Promise<R>));
    } catch (error) {
      for (const call of calls) call.reject(error);
    } finally {
      underWay -= 1;
      // Who has waited for the answer.
      if (underWay === 0) for (const call of waiting) plan(call);
    }
  }

  function plan({ item }: Call<T, R>): void {
    const now = performance.now();
    const isFree = patienceMs === undefined || underWay === 0;
    due = Math.min(due, isFree ? keptUntil(item, { now, lastBegin }) : now + patienceMs);
    if (due <= now || waiting.length >= most) lookSoon();
    else wakeAt(Math.min(due, quietAt));
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const call = { item, resolve, reject };
      waiting.push(call);
      const now = performance.now();
      if (keptUntil(item, { now, lastBegin }) > now) quietAt = now + quietMs;
      plan(call);
    });
}
