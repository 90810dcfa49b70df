/**
 * Slows the guessing of passwords: after some failures of one user from one address, further tries are refused
 * for a while, each failure doubling it. State is this process's own; it needs no store and forgets by itself.
 */
import { forgetOldest } from '../../core/forget-oldest.ts';

const FREE_FAILURES = 10;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;
const FORGET_MS = 900_000;
const MAX_ENTRIES = 10_000;

interface Entry {
  readonly failures: number;
  readonly last: number;
}

export interface LoginThrottle {
  /** Seconds to wait before the next try is looked at; 0 when it may be made now. */
  waitFor(key: string): number;
  failed(key: string): void;
  succeeded(key: string): void;
}

export function createLoginThrottle(now: () => number = () => performance.now()): LoginThrottle {
  const entries = new Map<string, Entry>();
  return {
    waitFor(key) {
      const entry = entries.get(key);
      if (entry === undefined || entry.failures < FREE_FAILURES) return 0;
      const wait = Math.min(FIRST_WAIT_MS * 2 ** (entry.failures - FREE_FAILURES), LONGEST_WAIT_MS);
      return Math.max(0, Math.ceil((entry.last + wait - now()) / 1_000));
    },
    failed(key) {
      const entry = entries.get(key);
      const known = entry !== undefined && now() - entry.last < FORGET_MS ? entry.failures : 0;
      entries.delete(key);
      entries.set(key, { failures: known + 1, last: now() });
      forgetOldest(entries, MAX_ENTRIES);
    },
    succeeded(key) {
      entries.delete(key);
    },
  };
}
