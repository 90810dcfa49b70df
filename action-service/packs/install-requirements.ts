/**
 * Installs what `requirements.txt` of a pack asks for. Packs often pin packages that no longer build for the Python at hand;
 * such a package is tried again in ways that come ever less close to what was asked, each of them said:
 *
 * 1. the same version, built with the tools of its time;
 * 2. a version that comes built, or the package that offers the same module built;
 * 3. for what only an extra of another package needs: that package without its extras;
 * 4. when the operator insists: without it.
 */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import type { RunProgram } from './fetch-pack.ts';

export interface RequirementsRequest {
  readonly run: RunProgram;
  /** An interpreter with pip. */
  readonly pip: string;
  /** The interpreter of the virtualenv that is installed into. */
  readonly python: string;
  readonly requirements: string;
  /** Folder for build tools, kept for other packs. */
  readonly tools: string;
  /** Folders with packages that may be imported while others are built. */
  readonly shared: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly upgrade: boolean;
  /** Leave out what cannot be built. */
  readonly leaveOut: boolean;
  readonly warn: (message: string) => void;
}

/** setuptools: the last that knows `use_2to3`. Cython: newer ones refuse code of its time. */
const OLDER_TOOLS = ['setuptools<58', 'wheel<0.43', 'Cython<3'];

/** Packages that exist a second time, built. */
const BUILT_ELSEWHERE: Readonly<Record<string, string>> = {
  psycopg2: 'psycopg2-binary',
  pycrypto: 'pycryptodome',
  'mysql-python': 'mysqlclient',
};

const MAX_REPAIRS = 12;
const QUIET = ['--quiet', '--disable-pip-version-check', '--no-input'];

/** A name of a package as all its spellings compare (PEP 503). */
const normalised = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-');

/** The package that a line of a requirements file asks for; `undefined` for options, addresses and comments. */
function packageOf(line: string): string | undefined {
  const name = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:[<>=!~;#@,(]|$)/.exec(line)?.[1];
  return name === undefined ? undefined : normalised(name);
}

/** What pip says it could not build, from its last words: names of packages, or lines that name an address. */
export function unbuiltPackages(output: string): readonly string[] {
  const lists = [
    /Could not build wheels for (.+?), which (?:is|are) required/,
    /Failed to build installable wheels for some pyproject\.toml based projects\s*╰─> (.+)/,
    /Encountered error while generating package metadata\.\s*╰─> ([\w.-]+)/,
    /Failed to build '([^']+)' when/,
    /Failed building wheel for (\S+)/,
  ];
  const found = lists.flatMap((pattern) => pattern.exec(output)?.[1]?.split(/,\s*/) ?? []);
  return [...new Set(found.map((name) => (name.includes('/') ? name.trim() : normalised(name.trim()))))];
}

/** Why a build failed, in the compiler's words. */
function reasonOf(output: string): string {
  const line =
    /fatal error: (.+)|^\s*((?:\w+\.)*\w*(?:Error|Exception|error): (?!Command|subprocess|failed-wheel|metadata).+)$/m.exec(
      output,
    );
  return (line?.[1] ?? line?.[2] ?? 'see the output of pip').trim();
}

/** @throws ValidationError with what stands in the way */
export async function installRequirements(request: RequirementsRequest): Promise<void> {
  const mended = path.join(path.dirname(request.requirements), '.requirements-mended.txt');
  const state: Repair = {
    request,
    lines: (await readFile(request.requirements, 'utf8')).split(/\r?\n/),
    tried: new Set(),
  };
  let file = request.requirements;
  try {
    for (let repairs = 0; ; repairs += 1) {
      try {
        await pip(request, [...(request.upgrade ? ['--upgrade'] : []), '-r', file]);
        return;
      } catch (error) {
        const output = errorMessage(error);
        const [name] = unbuiltPackages(output);
        const unreachable = fetchFailure(output);
        if (name === undefined) throw unreachable === undefined ? error : explainFetch(unreachable);
        const ways = unreachable === undefined ? WAYS : { leaveOut };
        if (repairs === MAX_REPAIRS || !(await mend(name, unreachable ?? reasonOf(output), state, ways))) {
          throw unreachable === undefined ? explainBuild(name, output) : explainFetch(unreachable);
        }
        // Beside the original: paths in it are relative to its folder.
        await writeFile(mended, state.lines.join('\n'));
        file = mended;
      }
    }
  } finally {
    await rm(mended, { force: true });
  }
}

interface Repair {
  readonly request: RequirementsRequest;
  /** Of the requirements, as changed so far. */
  lines: string[];
  /** Ways gone already, by package. */
  readonly tried: Set<string>;
}

type Way = (name: string, reason: string, repair: Repair) => Promise<boolean>;

const WAYS: Readonly<Record<string, Way>> = { olderTools, built, withoutExtras, leaveOut };

async function mend(
  name: string,
  reason: string,
  repair: Repair,
  ways: Readonly<Record<string, Way>>,
): Promise<boolean> {
  for (const [way, go] of Object.entries(ways)) {
    const key = `${way} ${name}`;
    if (repair.tried.has(key)) continue;
    repair.tried.add(key);
    if (await go(name, reason, repair)) return true;
  }
  return false;
}

function pip(request: RequirementsRequest, what: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const args = ['-m', 'pip', '--python', request.python, 'install', ...QUIET, ...what];
  return request.run(request.pip, args, { ...request.env, ...env });
}

/** The package that a line with an address says it is about: `-e git+https://…#egg=name`. */
function eggOf(line: string): string | undefined {
  const name = /#egg=([\w.-]+)/.exec(line)?.[1];
  return name === undefined ? undefined : normalised(name);
}

const asksFor = (line: string, name: string) =>
  packageOf(line) === name || line.trim() === name || eggOf(line) === name;

/** The line that asks for a package, without what follows ` #` or ` --`. */
const askedFor = (name: string, { lines }: Repair) =>
  lines
    .find((line) => packageOf(line) === name)
    ?.replace(/\s(?:#|--).*$/, '')
    .trim();

async function olderTools(name: string, _reason: string, repair: Repair): Promise<boolean> {
  const { request } = repair;
  try {
    if ((await stat(request.tools).catch(() => undefined)) === undefined) {
      await pip(request, ['--target', request.tools, ...OLDER_TOOLS]);
    }
    const isAddress = name.includes('/');
    const what = ['--no-build-isolation', ...(isAddress ? [] : ['--no-deps']), askedFor(name, repair) ?? name];
    // Some also import pip while they are built.
    await pip(request, what, { PYTHONPATH: [request.tools, ...request.shared].join(path.delimiter) });
    // What an address names is built anew each time that it is asked for.
    if (isAddress) repair.lines = repair.lines.filter((line) => !asksFor(line, name));
    return true;
  } catch {
    // the next way says what becomes of it
    return false;
  }
}

async function built(name: string, reason: string, repair: Repair): Promise<boolean> {
  const { request } = repair;
  const asked = askedFor(name, repair);
  if (asked === undefined || name.includes('/')) return false;
  const other = BUILT_ELSEWHERE[name] ?? name;
  try {
    await pip(request, ['--no-deps', '--only-binary', ':all:', other]);
  } catch {
    // there is none for this Python
    return false;
  }
  repair.lines = repair.lines.map((line) => (asksFor(line, name) ? other : line));
  request.warn(
    `"${asked}" cannot be built for this Python (${reason}); ${other} was taken in a version that comes built.`,
  );
  return true;
}

async function withoutExtras(name: string, reason: string, repair: Repair): Promise<boolean> {
  if (askedFor(name, repair) !== undefined) return false;
  const before = repair.lines;
  repair.lines = before.map((line) => (packageOf(line) === undefined ? line : line.replace(/\[[^\]]*\]/, '')));
  const changed = before.filter((line, index) => line !== repair.lines[index]).map((line) => line.trim());
  if (changed.length === 0) return false;
  repair.request.warn(`${name} cannot be built (${reason}), so the extras of ${changed.join(', ')} were left out.`);
  return true;
}

async function leaveOut(name: string, reason: string, repair: Repair): Promise<boolean> {
  if (!repair.request.leaveOut || !repair.lines.some((line) => asksFor(line, name))) return false;
  repair.lines = repair.lines.filter((line) => !asksFor(line, name));
  repair.request.warn(`${name} cannot be had (${reason}) and was left out: what imports it will fail.`);
  return true;
}

/** What git says of a repository that it cannot fetch; pip counts that among the failures to build. */
function fetchFailure(output: string): string | undefined {
  return /^\s*fatal: (.+)$/m.exec(output)?.[1];
}

function explainFetch(reason: string): ValidationError {
  return new ValidationError(
    `A repository that requirements.txt asks for cannot be fetched: ${reason}. Make it reachable, or give "force" to go on without it.`,
  );
}

function explainBuild(name: string, output: string): ValidationError {
  return new ValidationError(
    `The package "${name}" cannot be built for this Python: ${reasonOf(output)}. Install what its build needs (headers, a compiler) ` +
      `on this machine, or give "force" to go on without it.\n${output}`,
  );
}
