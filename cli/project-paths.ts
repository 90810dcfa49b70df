import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);

/** True when this code runs as TypeScript (development and tests), false when it was emitted to `dist/`. */
export const runsFromSource = here.endsWith('.ts');

/** The folder with `package.json`: one above `cli/`, or two above `dist/cli/`. */
export const projectRoot = runsFromSource ? path.resolve(here, '../..') : path.resolve(here, '../../..');

/**
 * 1. What is young in the heap gets 4 MiB. V8 gives it three times 16 MiB and never takes them back, of which a service that is mostly idle
 *    needs a few: a fifth to a third of its memory.
 * 2. So little is collected by the thread that needs it: helpers would have to be woken, and waited for where all cores work. For what is
 *    old they stay: without them large workflows take longer (docs/benchmarks.md).
 */
const HEAP = ['--max-semi-space-size=4', '--no-parallel-scavenge'];

/** A command line that starts one of our own programs. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly file: string;
}

/**
 * The command that runs the program at `entry` (a path from the project root without extension, `api/bin/st2api`).
 * Emitted code starts emitted programs; source starts source, through tsx. Traces of emitted code name its own lines, which are close to
 * the source: maps would take about ten MiB of each process.
 *
 * @returns `undefined` when this build has no such program
 */
export function findProgram(entry: string): Program | undefined {
  const file = runsFromSource ? path.join(projectRoot, `${entry}.ts`) : path.join(projectRoot, 'dist', `${entry}.js`);
  if (!existsSync(file)) return undefined;
  const loader = runsFromSource ? ['--import', import.meta.resolve('tsx')] : [];
  return { command: process.execPath, args: [...HEAP, ...loader, file], file };
}
