/** Least time between two rounds. Long enough that a hundred events a second share their writes, too short to be noticed. */
const REST_MS = 40;
/** After a round the process is free for others for at least this many times as long as the round took. */
const REST_SHARE = 2;

/** Makes one buffer of several. Who asks for the same ones in the same round gets the same buffer. */
export type Join = (frames: readonly Buffer[]) => Buffer;

/** Writes to many clients, together rather than with each event: a write costs more than what is written. */
export interface Rounds {
  /** Has `flush` called once in the next round: at once after a quiet time, soon otherwise. */
  ask(flush: (join: Join) => void): void;
}

export function createRounds(): Rounds {
  let asked = new Set<(join: Join) => void>();
  let planned = false;
  let restUntil = 0;

  function round(): void {
    planned = false;
    const began = performance.now();
    const flushes = asked;
    asked = new Set();
    const join = createJoin();
    for (const flush of flushes) flush(join);
    const ended = performance.now();
    restUntil = ended + Math.max(REST_MS, (ended - began) * REST_SHARE);
  }

  return {
    ask(flush) {
      asked.add(flush);
      if (planned) return;
      planned = true;
      setTimeout(round, Math.max(0, restUntil - performance.now()));
    },
  };
}

function createJoin(): Join {
  const joined = new Map<Buffer, { readonly frames: readonly Buffer[]; readonly whole: Buffer }>();
  return (frames) => {
    const [first] = frames;
    if (first === undefined || frames.length === 1) return first ?? Buffer.alloc(0);
    const known = joined.get(first);
    if (known !== undefined && isSame(known.frames, frames)) return known.whole;
    const whole = Buffer.concat(frames);
    joined.set(first, { frames, whole });
    return whole;
  };
}

const isSame = (some: readonly Buffer[], others: readonly Buffer[]) =>
  some.length === others.length && some.every((frame, index) => frame === others[index]);
