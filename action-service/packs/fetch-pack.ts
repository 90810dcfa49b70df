/**
 * Brings a pack into a folder and checks it before anybody else can see it.
 *
 * 1. git runs with a fixed list of transports, without hooks of the machine, and never asks for a password.
 * 2. Links that lead out of the pack are refused: content could otherwise reach any file of the runner.
 */
import { cp, lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import type { PackSource } from './pack-source.ts';
import { type Metadata, readMetadata } from './read-metadata.ts';
import { packRef } from './register-packs.ts';
import { satisfiesVersion } from './version-match.ts';

/** Runs a program to its end. @throws ValidationError with what it said, when it fails */
export type RunProgram = (
  file: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<string>;

/** A pack that was fetched and checked, not yet in place. */
export interface FetchedPack {
  readonly ref: string;
  readonly version: string;
  readonly folder: string;
  readonly dependencies: readonly string[];
}

export interface FetchOptions {
  readonly run: RunProgram;
  /** Version of StackStorm that this system stands for. */
  readonly systemVersion: string;
  /** Take it even when it says that it needs another version of StackStorm or Python. */
  readonly force: boolean;
  /** Address of a pack's repository by its name in the index; `undefined` when the index lacks it. */
  readonly repositoryOf: (name: string) => Promise<string | undefined>;
  /** A new, empty place for one pack; its parent exists. */
  readonly folder: string;
}

const GIT_ENV = { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh', GIT_CONFIG_NOSYSTEM: '1' };

/** @throws ValidationError unknown pack, unreachable repository, unknown branch, broken or hostile pack */
export async function fetchPack(source: PackSource, options: FetchOptions): Promise<FetchedPack> {
  const name = await bring(source, options);
  return { ...(await inspectPack(options.folder, name, options)), folder: options.folder };
}

/** @returns a name for packs whose metadata has none that may be one */
async function bring(source: PackSource, options: FetchOptions): Promise<string> {
  if (source.kind === 'folder') {
    const isRepository = (await stat(path.join(source.folder, '.git')).catch(() => undefined)) !== undefined;
    const isBare = (await stat(path.join(source.folder, 'HEAD')).catch(() => undefined)) !== undefined;
    if (source.ref !== undefined || isBare) {
      if (!isRepository && !isBare) {
        throw new ValidationError(`"${source.folder}" is no git repository, so it has no version "${source.ref}".`);
      }
      await clone(source.folder, source.ref, options);
    } else {
      await cp(source.folder, options.folder, { recursive: true, verbatimSymlinks: true });
    }
    return repositoryName(source.folder);
  }
  const url = source.kind === 'git' ? source.url : await options.repositoryOf(source.name);
  if (url === undefined) {
    const { name } = source as { readonly name: string };
    throw new ValidationError(`No record of the "${name}" pack in the index.`, { pack: name });
  }
  await clone(url, source.ref, options);
  return source.kind === 'index' ? source.name : repositoryName(url);
}

async function clone(url: string, ref: string | undefined, { run, folder }: FetchOptions): Promise<void> {
  const git = (...args: readonly string[]) => run('git', ['-c', 'core.hooksPath=/dev/null', ...args], GIT_ENV);
  await git('clone', '--quiet', '--', url, folder);
  if (ref === undefined) return;
  for (const candidate of [ref, `v${ref}`, `origin/${ref}`]) {
    const commit = await git('-C', folder, 'rev-parse', '--verify', '--quiet', `${candidate}^{commit}`).catch(() => '');
    if (commit.trim() === '') continue;
    await git('-C', folder, 'checkout', '--quiet', '--detach', commit.trim());
    return;
  }
  const tags = (await git('-C', folder, 'tag', '--list')).trim().split('\n').filter(Boolean).join(', ');
  throw new ValidationError(
    `"${ref}" is not a valid version, hash, tag or branch of ${url}.${tags === '' ? '' : ` Available versions are: ${tags}.`}`,
  );
}

function repositoryName(url: string): string {
  return path.basename(url.replace(/\/+$/, '').replace(/\.git$/, '')).replace(/^stackstorm-/, '');
}

async function inspectPack(folder: string, name: string, options: FetchOptions): Promise<Omit<FetchedPack, 'folder'>> {
  await refuseLinksOut(folder);
  const file = path.join(folder, 'pack.yaml');
  if ((await stat(file).catch(() => undefined))?.isFile() !== true) {
    throw new ValidationError(`Pack is missing a pack.yaml file in its top folder.`, { pack: name });
  }
  const metadata = await readMetadata(file).catch((error: Error) => {
    throw new ValidationError(error.message.replace(`${folder}/`, ''));
  });
  if (typeof metadata.name !== 'string' || metadata.name === '') {
    throw new ValidationError(`pack.yaml of "${name}": 'name' is a required property.`);
  }
  const ref = packRef(metadata, name);
  if (!/^[a-z0-9_-]+$/i.test(ref)) throw new ValidationError(`"${ref}" cannot be the name of a pack.`);
  if (!options.force) refuseOtherSystems(ref, metadata, options.systemVersion);
  const dependencies = Array.isArray(metadata.dependencies) ? metadata.dependencies.map(String) : [];
  return { ref, version: String(metadata.version ?? ''), dependencies };
}

function refuseOtherSystems(ref: string, metadata: Metadata, systemVersion: string): void {
  const wanted = metadata.stackstorm_version;
  if (typeof wanted === 'string' && wanted !== '' && !satisfiesVersion(systemVersion, wanted)) {
    throw new ValidationError(
      `Pack "${ref}" requires StackStorm "${wanted}", but current version is "${systemVersion}". ` +
        'You can override this restriction by providing the "force" flag, but the pack is not guaranteed to work.',
    );
  }
  const pythons = metadata.python_versions;
  if (Array.isArray(pythons) && pythons.length > 0 && pythons.every((version) => String(version).startsWith('2'))) {
    throw new ValidationError(`Pack "${ref}" requires Python 2, which this system does not run.`);
  }
}

/** @throws ValidationError naming the link */
async function refuseLinksOut(root: string): Promise<void> {
  const real = await realpath(root);
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder)) {
      if (entry === '.git' && folder === root) continue;
      const file = path.join(folder, entry);
      const found = await lstat(file);
      if (found.isDirectory()) await walk(file);
      if (!found.isSymbolicLink()) continue;
      const target = await realpath(file).catch(() => undefined);
      if (target === undefined || !target.startsWith(real + path.sep)) {
        throw new ValidationError(`The link "${path.relative(root, file)}" leads out of the pack.`);
      }
    }
  };
  if ((await lstat(root)).isSymbolicLink()) throw new ValidationError('The pack itself is a link.');
  await walk(root);
}
