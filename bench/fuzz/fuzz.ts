import type { FuzzKind } from './kinds.ts';
import { createRandom } from './random.ts';

/** An answer may take this long, in milliseconds. */
export const SLOW_MS = 1_000;

export interface Finding {
  readonly kind: string;
  /** With the seed it names the input. */
  readonly index: number;
  readonly what: string;
  readonly input: string;
}

export interface FuzzResult {
  readonly kind: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly slowest: number;
  readonly findings: readonly Finding[];
}

/** Feeds `count` inputs of a kind. `onInput` is told the index before each, for a watcher. */
export function fuzz(kind: FuzzKind, seed: number, count: number, onInput?: (index: number) => void): FuzzResult {
  const findings: Finding[] = [];
  let accepted = 0;
  let slowest = 0;
  for (let index = 0; index < count; index += 1) {
    onInput?.(index);
    const input = inputAt(kind, seed, index);
    const timed = (): number => {
      const begin = performance.now();
      if (kind.check(input) === 'accepted') accepted += 1;
      return performance.now() - begin;
    };
    try {
      const first = timed();
      // A second try tells a slow input from a slow moment of the machine.
      const took = first > SLOW_MS ? Math.min(first, timed()) : first;
      slowest = Math.max(slowest, took);
      if (took > SLOW_MS) findings.push({ kind: kind.name, index, what: `took ${took.toFixed(0)} ms`, input });
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      findings.push({ kind: kind.name, index, what, input });
    }
  }
  return { kind: kind.name, inputs: count, accepted, slowest, findings };
}

/** Each input has a seed of its own, so that it can be made again alone. */
export function inputAt(kind: FuzzKind, seed: number, index: number): string {
  return kind.make(createRandom(seed * 1_000_003 + index));
}
