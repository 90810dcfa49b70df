/**
 * Runs the unit tests of packs as their authors do: each in its own virtualenv, on our compatibility packages.
 * `run-pack-tests [--virtualenvs FOLDER] [--only-virtualenvs] [--force] FOLDER [PACK...]`: FOLDER holds packs; virtualenvs in a named
 * folder are kept and used again; `--force` leaves out what cannot be built. Ends with code 1 when a test failed or a virtualenv could not be made.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildVirtualenv, type VirtualenvOptions } from '../action-service/packs/pack-virtualenv.ts';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { placePacks } from './exchange/place-packs.ts';
import { projectRoot } from './project-paths.ts';
import { findPython } from './provision/python.ts';

const PYTHON_FOLDER = path.join(projectRoot, 'actionrunner', 'python');
/** What tests of packs use without asking for it. */
const TEST_TOOLS = ['pytest', 'mock', 'PyYAML', 'six'];
const TIMEOUT_MS = 600_000;

interface Outcome {
  readonly pack: string;
  readonly virtualenv: string;
  readonly tests: string;
  readonly failed: boolean;
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      virtualenvs: { type: 'string' },
      'only-virtualenvs': { type: 'boolean' },
      force: { type: 'boolean' },
      verbose: { type: 'boolean' },
    },
  });
  const [folder, ...wanted] = positionals;
  if (folder === undefined) throw new ValidationError('usage: run-pack-tests [--virtualenvs FOLDER] FOLDER [PACK...]');
  const outcomes = await main(path.resolve(folder), wanted, {
    virtualenvs: values.virtualenvs,
    only: values['only-virtualenvs'] === true,
    force: values.force === true,
    verbose: values.verbose === true,
  });
  process.exitCode = outcomes.some(({ failed }) => failed) ? 1 : 0;
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}

interface Options {
  readonly virtualenvs: string | undefined;
  readonly only: boolean;
  /** Leave out packages that cannot be built. */
  readonly force: boolean;
  readonly verbose: boolean;
}

async function main(source: string, wanted: readonly string[], options: Options): Promise<readonly Outcome[]> {
  const temporary = await mkdtemp(path.join(tmpdir(), 'st2-pack-tests-'));
  try {
    const base = path.join(temporary, 'packs');
    const packs = await placePacks(source, base, wanted);
    const notes: string[] = [];
    const virtualenvs: VirtualenvOptions = {
      run,
      base: path.resolve(options.virtualenvs ?? path.join(temporary, 'virtualenvs')),
      python: findPython(process.env),
      env: environment(),
      leaveOut: options.force,
      warn: (message) => notes.push(message),
    };
    const outcomes: Outcome[] = [];
    for (const pack of packs) {
      const outcome = await checkOne(pack, path.join(base, pack), virtualenvs, options);
      const virtualenv = [outcome.virtualenv, ...notes.splice(0)].join('; ');
      process.stdout.write(`| ${outcome.pack} | ${virtualenv} | ${outcome.tests} |\n`);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function checkOne(
  pack: string,
  folder: string,
  virtualenvs: VirtualenvOptions,
  options: Options,
): Promise<Outcome> {
  const own = path.join(virtualenvs.base, pack);
  if ((await stat(path.join(own, 'bin', 'python')).catch(() => undefined)) === undefined) {
    try {
      const built = await buildVirtualenv(pack, folder, virtualenvs);
      await (await built.activate()).commit();
    } catch (error) {
      const [reason = ''] = errorMessage(error).trim().split('\n');
      if (options.verbose) process.stderr.write(`${errorMessage(error)}\n`);
      return { pack, virtualenv: `failed: ${reason}`, tests: 'not run', failed: true };
    }
  }
  const tests = (await readdir(path.join(folder, 'tests')).catch(() => [])).filter((name) =>
    /^test_.*\.py$/.test(name),
  );
  if (options.only || tests.length === 0) return { pack, virtualenv: 'made', tests: 'none', failed: false };
  return { pack, virtualenv: 'made', ...(await runTests(pack, folder, own, virtualenvs, options)) };
}

async function runTests(
  pack: string,
  folder: string,
  virtualenv: string,
  virtualenvs: VirtualenvOptions,
  options: Options,
): Promise<Pick<Outcome, 'tests' | 'failed'>> {
  const python = path.join(virtualenv, 'bin', 'python');
  const tools = [await testTools(path.join(virtualenvs.base, '.test-tools', '.common'), python, TEST_TOOLS)];
  const asked = path.join(folder, 'requirements-tests.txt');
  if ((await stat(asked).catch(() => undefined)) !== undefined) {
    tools.push(await testTools(path.join(virtualenvs.base, '.test-tools', pack), python, ['-r', asked]));
  }
  const own = ['sensors', 'actions', path.join('actions', 'lib'), 'lib', 'etc', ''].map((name) =>
    path.join(folder, name),
  );
  const env = {
    ...environment(),
    PYTHONPATH: [PYTHON_FOLDER, ...own, ...tools].join(path.delimiter),
    ST2_PACKS_BASE_PATHS: path.dirname(folder),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const args = ['-m', 'pytest', '-q', '-x', '--maxfail=1000', '-p', 'no:cacheprovider', '--tb=short', 'tests'];
  const end = await collect(python, args, env, folder);
  if (options.verbose || end.code !== 0) process.stderr.write(`${end.output.slice(-8_000)}\n`);
  const summary = /^=*\s*(\d+ (?:passed|failed|error|skipped).*?)(?: in [\d.]+s.*)$/m.exec(end.output)?.[1];
  return { tests: summary ?? `ended with code ${end.code}`, failed: end.code !== 0 };
}

/** Installs packages into a folder of their own, once. */
async function testTools(folder: string, python: string, what: readonly string[]): Promise<string> {
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder];
    await run(python, [...args, ...what], environment());
    // A copy for Pythons without it, which older test packages bring, would hide the one of Python.
    await rm(path.join(folder, 'argparse.py'), { force: true });
  }
  return folder;
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** As {@link VirtualenvOptions.run}. */
async function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const end = await collect(file, args, { ...environment(), ...env });
  if (end.code !== 0) throw new ValidationError(end.output.trim().slice(-6_000));
  return end.output;
}

function collect(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
