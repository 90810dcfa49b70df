import type { ManagedProcess, ProcessTable } from '../processes/process-table.ts';
import type { Environment } from './cache.ts';
import type { Progress } from './progress.ts';

/** What each provisioner of a part is given. */
export interface ProvisionContext {
  /** The environment of the start command: addresses given there are used as they are, and programs found on its PATH. */
  readonly env: Environment;
  /** Folder for data and small files; created before. */
  readonly dataFolder: string;
  /** Folder shared by all clones on this machine, see `cacheFolder`. */
  readonly cacheFolder: string;
  readonly processes: ProcessTable;
  readonly progress: Progress;
}

/** A part that is ready to be used. */
export interface ProvisionedPart {
  /** `Temporal`, `MongoDB`, `bus`: as shown to a person. */
  readonly part: string;
  /** Which way was taken, in a few words. */
  readonly how: string;
  /** The variables that tell our services where it is. */
  readonly env: Readonly<Record<string, string>>;
  /** Processes that we started for it, in the order of starting; none for an address that was given. */
  readonly processes: readonly ManagedProcess[];
}

/** A finder of something: the product, or `undefined` when this way does not lead there and the next is to be tried. */
export type Way<T> = () => Promise<T | undefined>;

/** The product of the first way that leads there. */
export async function firstWay<T>(ways: readonly Way<T>[]): Promise<T | undefined> {
  for (const way of ways) {
    const found = await way();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a download site answers at all; decided within four seconds, so that a closed network costs no more than that. */
export async function isReachable(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(4_000) });
    return true;
  } catch {
    return false; // no network, no name, no answer: the next way is tried
  }
}

/** The environment that a foreign program gets from us: what it needs to run, and none of our settings and secrets. */
export function plainEnvironment(env: Environment): Record<string, string | undefined> {
  const { PATH, HOME, LANG, LC_ALL, TMPDIR, TZ } = env;
  return { PATH, HOME, LANG, LC_ALL, TMPDIR, TZ };
}
