/**
 * The virtualenv of a pack: `<virtualenvs>/<pack>` is a link to a folder that was made completely before,
 * so a failed installation leaves the old one, and a running action never sees half of one.
 *
 * What packs may import without asking for it (StackStorm's own environment offers it) lies in one environment that all share;
 * a pack's own versions come first.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import type { RunProgram } from './fetch-pack.ts';
import { installRequirements } from './install-requirements.ts';

/** Packages that packs of StackStorm's exchange use without listing them. */
const SHARED_REQUIREMENTS = [
  'six',
  'requests',
  'PyYAML',
  'eventlet',
  'Jinja2',
  'pytz',
  'python-dateutil',
  'simplejson',
  'jsonschema',
  // The last with pkg_resources, which older packages import.
  'setuptools<81',
  // The first that installs into another environment.
  'pip>=22.3',
];

export interface VirtualenvOptions {
  readonly run: RunProgram;
  /** Folder of all virtualenvs. */
  readonly base: string;
  /** The interpreter they are made from. */
  readonly python: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leave out required packages that cannot be built. */
  readonly leaveOut?: boolean;
  /** Told about what went on without. */
  readonly warn: (message: string) => void;
}

/** A virtualenv that is ready, but not the pack's yet. */
export interface BuiltVirtualenv {
  readonly folder: string;
  /** Makes it the pack's own; gives the way back. */
  activate(): Promise<ReplacedVirtualenv>;
  discard(): Promise<void>;
}

export interface ReplacedVirtualenv {
  restore(): Promise<void>;
  /** Removes what was there before. */
  commit(): Promise<void>;
}

/** `--upgrade`: what a Python brings along as pip may be years old. */
const INSTALL = ['install', '--upgrade', '--quiet', '--disable-pip-version-check'];

/** Makes a virtualenv with what `requirements.txt` of the pack asks for. @throws ValidationError with pip's words */
export async function buildVirtualenv(
  pack: string,
  packFolder: string,
  options: VirtualenvOptions,
): Promise<BuiltVirtualenv> {
  const { run, base, python } = options;
  await mkdir(base, { recursive: true });
  const folder = path.join(base, `.${pack}-${randomBytes(4).toString('hex')}`);
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    const shared = await sharedEnvironment(options);
    // pip is the shared one: copying it into each would take most of the time.
    await run(python, ['-m', 'venv', '--without-pip', folder]);
    const requirements = path.join(packFolder, 'requirements.txt');
    await install(requirements, folder, shared, options, false);
    // Only now, so that pip does not take shared packages for the pack's own.
    await writeFile(path.join(await sitePackages(folder), 'shared-packages.pth'), `${await sitePackages(shared)}\n`);
  } catch (error) {
    await discard();
    throw error;
  }
  return { folder, discard, activate: () => activate(path.join(base, pack), folder) };
}

/** Installs what `requirements.txt` asks for into the virtualenv that the pack has; `false` when it has none. */
export async function updateVirtualenv(pack: string, packFolder: string, options: VirtualenvOptions): Promise<boolean> {
  const folder = path.join(options.base, pack);
  if (!(await exists(interpreter(folder)))) return false;
  const requirements = path.join(packFolder, 'requirements.txt');
  await install(requirements, folder, await sharedEnvironment(options), options, true);
  // Warm interpreters look at this file to know that the virtualenv has changed.
  const settings = path.join(folder, 'pyvenv.cfg');
  await writeFile(settings, await readFile(settings));
  return true;
}

const interpreter = (folder: string) => path.join(folder, 'bin', 'python');

async function install(
  requirements: string,
  folder: string,
  shared: string,
  { run, env, warn, leaveOut = false }: VirtualenvOptions,
  upgrade: boolean,
): Promise<void> {
  if (!(await hasRequirements(requirements))) return;
  await installRequirements({
    run,
    pip: interpreter(shared),
    python: interpreter(folder),
    requirements,
    tools: path.join(shared, 'older-build-tools'),
    shared: [await sitePackages(shared)],
    env,
    upgrade,
    leaveOut,
    warn,
  });
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

/** Removes the virtualenv of a pack with the folder that its link leads to. */
export async function removeVirtualenv(base: string, pack: string): Promise<void> {
  const link = path.join(base, pack);
  const target = await readlink(link).catch(() => undefined);
  await rm(link, { recursive: true, force: true });
  if (target !== undefined && isOurs(pack, target)) await rm(path.join(base, target), { recursive: true, force: true });
}

function isOurs(pack: string, target: string): boolean {
  return target.startsWith(`.${pack}-`) && path.basename(target) === target;
}

async function activate(link: string, folder: string): Promise<ReplacedVirtualenv> {
  const base = path.dirname(link);
  const pack = path.basename(link);
  const old = await readlink(link).catch(() => undefined);
  const aside = path.join(base, `.${pack}-${randomBytes(4).toString('hex')}-old`);
  // A folder of an earlier time cannot be replaced by a link in one step.
  const wasFolder = (await lstat(link).catch(() => undefined))?.isDirectory() === true;
  if (wasFolder) await rename(link, aside);
  await point(link, path.basename(folder));
  return {
    async restore() {
      if (old !== undefined) await point(link, old);
      else await rm(link, { force: true });
      if (wasFolder) await rename(aside, link);
      await rm(folder, { recursive: true, force: true });
    },
    async commit() {
      if (wasFolder) await rm(aside, { recursive: true, force: true });
      if (old !== undefined && isOurs(pack, old)) await rm(path.join(base, old), { recursive: true, force: true });
    },
  };
}

async function point(link: string, target: string): Promise<void> {
  const made = `${link}.${randomBytes(4).toString('hex')}`;
  await symlink(target, made);
  await rename(made, link);
}

async function hasRequirements(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}

/**
 * The environment with pip and the shared packages, made once for an interpreter. Without an index of packages it has
 * only pip; the packages are then tried again for the next pack.
 */
async function sharedEnvironment({ run, base, python, env, warn }: VirtualenvOptions): Promise<string> {
  const version = await run(python, ['-c', 'import sys; print(sys.version)']);
  const key = createHash('sha256').update(`${python}\n${version}\n${SHARED_REQUIREMENTS}`).digest('hex').slice(0, 12);
  const folder = path.join(base, `.shared-${key}`);
  if (!(await exists(folder))) {
    const made = `${folder}-${randomBytes(4).toString('hex')}`;
    try {
      await run(python, ['-m', 'venv', made]);
      await rename(made, folder);
    } catch (error) {
      await rm(made, { recursive: true, force: true });
      // Another installation may have been first.
      if (!(await exists(folder))) throw error;
    }
  }
  const complete = path.join(folder, '.complete');
  if (await exists(complete)) return folder;
  try {
    await run(interpreter(folder), ['-m', 'pip', ...INSTALL, ...SHARED_REQUIREMENTS], env);
    await writeFile(complete, '');
  } catch (error) {
    warn(`Packages that packs share could not be installed, so only the packs' own are there: ${errorMessage(error)}`);
  }
  return folder;
}

async function sitePackages(folder: string): Promise<string> {
  const lib = path.join(folder, 'lib');
  const [python] = (await readdir(lib)).filter((name) => name.startsWith('python'));
  return path.join(lib, python ?? 'python3', 'site-packages');
}
