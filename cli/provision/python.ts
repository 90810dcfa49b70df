import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import { makeOnce } from './cache.ts';
import { firstWay, type ProvisionContext, plainEnvironment } from './part.ts';
import { findOnPath, runCommand } from './run-command.ts';

/** A private set of Python packages. */
export interface PythonPackages {
  /** The interpreter to run them with. */
  readonly python: string;
  /** Folder with the console scripts, such as `st2`. */
  readonly bin: string;
  /** Set only where no virtualenv could be made: the folder for PYTHONPATH. */
  readonly pythonPath?: string;
}

/**
 * The Python 3 of this machine: `ST2_PYTHON_BINARY` or `python3` on PATH.
 *
 * @throws ValidationError when there is none
 */
export function findPython(env: ProvisionContext['env']): string {
  const named = env.ST2_PYTHON_BINARY || 'python3';
  const found = path.isAbsolute(named) ? named : findOnPath(named, env);
  if (found !== undefined) return found;
  throw new ValidationError(`Python 3 was not found (${named} is not on PATH): install it, or set ST2_PYTHON_BINARY.`);
}

/**
 * A private virtualenv with exactly these requirements, made once a machine and kept in the cache folder.
 *
 * @param name folder name; change it (a version in it) when the requirements change
 * @param build what building the requirements needs in the virtualenv, installed before them
 * @throws ValidationError when neither venv nor pip can do it
 */
export async function ensurePythonPackages(
  name: string,
  requirements: readonly string[],
  context: Pick<ProvisionContext, 'env' | 'cacheFolder' | 'progress'>,
  build: readonly string[] = [],
): Promise<PythonPackages> {
  const folder = path.join(context.cacheFolder, 'python', name);
  const marker = path.join(folder, '.complete');
  const isMade = async () => (await stat(marker).catch(() => undefined)) !== undefined;
  const make = async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const python = findPython(context.env);
    const reasons: string[] = [];
    const attempt = (way: typeof asVirtualenv) => async () => {
      const { kind, reason } = await way(python, folder, [build, requirements], context.env);
      if (reason !== undefined) reasons.push(reason);
      return kind;
    };
    const made = await firstWay([attempt(asVirtualenv), attempt(asTargetFolder)]);
    if (made === undefined) {
      throw new ValidationError(
        `Python cannot install ${requirements.join(', ')}: it needs the venv module with pip and a package index (${reasons.join('; ')}).`,
      );
    }
    await writeFile(marker, made);
  };
  const work = makeOnce(path.join(context.cacheFolder, 'locks', `python-${name}`), isMade, make);
  await context.progress.during(`Installing ${requirements.join(', ')}`, work);
  return await describePackages(folder, context.env);
}

type Kind = 'virtualenv' | 'target';

interface Attempt {
  readonly kind?: Kind;
  /** What pip or venv said when it failed. */
  readonly reason?: string;
}

async function asVirtualenv(
  python: string,
  folder: string,
  groups: readonly (readonly string[])[],
  env: ProvisionContext['env'],
): Promise<Attempt> {
  const made = await runCommand(python, ['-m', 'venv', folder], { env: pipEnvironment(env) });
  if (!made.ok) return { reason: lastLine(made.output) };
  return await installGroups(path.join(folder, 'bin', 'python'), groups, [], env, 'virtualenv');
}

/** Debian's Python has no venv unless python3-venv is installed; pip alone can still fill a folder. */
async function asTargetFolder(
  python: string,
  folder: string,
  groups: readonly (readonly string[])[],
  env: ProvisionContext['env'],
): Promise<Attempt> {
  await rm(folder, { recursive: true, force: true });
  return await installGroups(python, groups, ['--target', path.join(folder, 'site')], env, 'target');
}

/** Installs one group after the other: each may need those before it for its build. */
async function installGroups(
  python: string,
  groups: readonly (readonly string[])[],
  options: readonly string[],
  env: ProvisionContext['env'],
  kind: Kind,
): Promise<Attempt> {
  for (const group of groups.filter((one) => one.length > 0)) {
    const args = ['-m', 'pip', 'install', '--quiet', ...options, ...group];
    const installed = await runCommand(python, args, { env: pipEnvironment(env) });
    if (!installed.ok) return { reason: lastLine(installed.output) };
  }
  return { kind };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}

async function describePackages(folder: string, env: ProvisionContext['env']): Promise<PythonPackages> {
  const site = path.join(folder, 'site');
  if ((await stat(site).catch(() => undefined)) === undefined) {
    return { python: path.join(folder, 'bin', 'python'), bin: path.join(folder, 'bin') };
  }
  return { python: findPython(env), bin: path.join(site, 'bin'), pythonPath: site };
}

/** pip reads its index from the user's own settings: those pass, our secrets do not. */
function pipEnvironment(env: ProvisionContext['env']): Record<string, string | undefined> {
  const passed = Object.entries(env).filter(([key]) =>
    /^(pip_|https?_proxy$|no_proxy$|ssl_cert|requests_ca)/i.test(key),
  );
  return { ...plainEnvironment(env), ...Object.fromEntries(passed), PIP_DISABLE_PIP_VERSION_CHECK: '1' };
}
