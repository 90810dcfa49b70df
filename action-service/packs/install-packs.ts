/**
 * Installs packs: all of a request or none.
 *
 * 1. Packs and virtualenvs are made complete beside the old ones, checked, and only then put in place by renaming.
 * 2. When registering fails, the old version comes back and is registered again.
 * 3. One installation of a pack at a time, over all processes of a machine.
 */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import type { Bus } from '../../platform/bus/bus.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Stores } from '../../stores/stores.ts';
import { type FetchedPack, fetchPack, type RunProgram } from './fetch-pack.ts';
import { lockPack } from './pack-lock.ts';
import { parsePackSource } from './pack-source.ts';
import { type BuiltVirtualenv, buildVirtualenv, type VirtualenvOptions } from './pack-virtualenv.ts';
import { findPacks, registerPacks } from './register-packs.ts';
import { clearLeftStaging, createStaging, placeOfOld } from './staging.ts';
import { SYSTEM_PACKS } from './system-packs.ts';
import { unregisterPacks } from './unregister-packs.ts';

const MAX_DEPENDENCIES = 100;

export interface PackInstaller {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly run: RunProgram;
  readonly basePaths: readonly string[];
  readonly configsPath: string;
  readonly virtualenvs: VirtualenvOptions;
  readonly systemVersion: string;
  readonly repositoryOf: (name: string) => Promise<string | undefined>;
  /** Says what is being done. */
  readonly report: (sentence: string) => Promise<void>;
  /** Does a part of the work, and lets others see when it begins and ends. `action`: what of the pack `packs` does that part alone. */
  readonly stage: <T>(
    stage: { readonly name: string; readonly action: string; readonly packs: readonly string[] },
    work: () => Promise<T>,
  ) => Promise<T>;
}

export interface InstallOptions {
  readonly force: boolean;
  readonly dependencies: boolean;
  /** Make virtualenvs and register; else the packs are only put in place. */
  readonly complete: boolean;
  /** Kinds of content to register. */
  readonly types: readonly string[];
}

/** Thrown when an installed pack has another version than a new one depends on. */
export class PackConflictError extends ValidationError {
  readonly conflicts: readonly string[];

  constructor(conflicts: readonly string[]) {
    super(
      `Unable to install packs due to conflicts: ${conflicts.join(', ')}. Review the versions of the installed packs, ` +
        'or use --skip-dependencies to leave dependencies out.',
      { conflicts },
    );
    this.conflicts = conflicts;
  }
}

/** Folder that packs are installed into: the last of the folders with packs. */
export function installFolder(basePaths: readonly string[]): string {
  return path.resolve(basePaths.at(-1) ?? 'packs');
}

/** @returns the references of the packs that are new in place, dependencies first */
export async function installPacks(
  given: readonly string[],
  options: InstallOptions,
  installer: PackInstaller,
): Promise<readonly string[]> {
  const base = installFolder(installer.basePaths);
  await mkdir(base, { recursive: true }).catch((error: unknown) => {
    throw new ValidationError(`Packs cannot be installed into ${base}: ${errorMessage(error)}`);
  });
  await clearLeftStaging(base, installer.logger);
  const staging = await createStaging(base);
  const unlocks: (() => Promise<void>)[] = [];
  try {
    const packs = await installer.stage({ name: 'download packs', action: 'packs.download', packs: given }, () =>
      fetchAll(given, staging, options, installer),
    );
    for (const { ref } of packs) unlocks.push(await lockPack(base, ref, options.force));
    await putInPlace(packs, { base, staging, options, installer });
    return packs.map(({ ref }) => ref);
  } finally {
    for (const unlock of unlocks) await unlock();
    await rm(staging, { recursive: true, force: true });
  }
}

async function fetchAll(
  given: readonly string[],
  staging: string,
  options: InstallOptions,
  installer: PackInstaller,
): Promise<readonly FetchedPack[]> {
  const fetched: FetchedPack[] = [];
  const conflicts: string[] = [];
  const queue = given.map((text) => ({ text, asked: true }));
  for (let index = 0; index < queue.length; index += 1) {
    const next = queue[index];
    if (next === undefined || queue.slice(0, index).some(({ text }) => text === next.text)) continue;
    if (index > given.length + MAX_DEPENDENCIES) throw new ValidationError('The packs depend on too many others.');
    if (!next.asked && (await isThere(next.text, fetched, conflicts, installer.stores))) continue;
    await installer.report(`Downloading ${next.text}`);
    const pack = await fetchPack(parsePackSource(next.text), {
      ...installer,
      force: options.force,
      folder: path.join(staging, `fetched.${index}`),
    });
    // The same one may be named in several ways: by the index, by its address, as a folder.
    const twin = fetched.find(({ ref }) => ref === pack.ref);
    if (twin !== undefined) {
      if (twin.version !== pack.version) conflicts.push(next.text);
      continue;
    }
    if (SYSTEM_PACKS.includes(pack.ref)) throw new ValidationError(`Pack "${pack.ref}" belongs to the system.`);
    fetched.unshift(pack);
    if (options.dependencies) queue.push(...pack.dependencies.map((text) => ({ text, asked: false })));
  }
  if (conflicts.length > 0) throw new PackConflictError(conflicts);
  return fetched;
}

/** Whether a dependency needs no download. */
async function isThere(
  text: string,
  fetched: readonly FetchedPack[],
  conflicts: string[],
  stores: Stores,
): Promise<boolean> {
  const [place = '', version] = text.split('=');
  const name = path.basename(place.replace(/\.git$/, '')).replace(/^stackstorm-/, '');
  const known = fetched.find(({ ref }) => ref === name) ?? (await stores.packs.findOne({ ref: name }));
  if (known === undefined) return false;
  if (version !== undefined && version.replace(/^v/, '') !== known.version.replace(/^v/, '')) conflicts.push(text);
  return true;
}

interface Placement {
  readonly base: string;
  readonly staging: string;
  readonly options: InstallOptions;
  readonly installer: PackInstaller;
}

async function putInPlace(packs: readonly FetchedPack[], placement: Placement): Promise<void> {
  const { base, staging, options, installer } = placement;
  const undo: (() => Promise<unknown>)[] = [];
  const afterwards: (() => Promise<unknown>)[] = [];
  try {
    const built: BuiltVirtualenv[] = [];
    const build = async () => {
      for (const pack of packs) {
        await installer.report(`Setting up the virtualenv of ${pack.ref}`);
        const how = { ...installer.virtualenvs, leaveOut: options.force };
        const virtualenv = await buildVirtualenv(pack.ref, pack.folder, how);
        undo.unshift(() => virtualenv.discard());
        built.push(virtualenv);
      }
    };
    const refs = packs.map(({ ref }) => ref);
    if (options.complete) {
      await installer.stage({ name: 'install requirements', action: 'packs.setup_virtualenv', packs: refs }, build);
    }
    for (const virtualenv of built) {
      const replaced = await virtualenv.activate();
      undo.unshift(() => replaced.restore());
      afterwards.push(() => replaced.commit());
    }
    for (const { ref, folder } of packs)
      undo.unshift(await swap(path.join(base, ref), folder, placeOfOld(staging, ref)));
    if (options.complete) {
      await installer.stage({ name: 'register packs', action: 'packs.load', packs: refs }, () =>
        register(refs, options, installer, undo),
      );
    }
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
  for (const step of afterwards) await step();
}

async function swap(place: string, folder: string, aside: string): Promise<() => Promise<void>> {
  const hadOld = (await stat(place).catch(() => undefined)) !== undefined;
  if (hadOld) await rename(place, aside);
  await rename(folder, place);
  return async () => {
    await rename(place, folder);
    if (hadOld) await rename(aside, place);
  };
}

async function register(
  refs: readonly string[],
  options: InstallOptions,
  installer: PackInstaller,
  undo: (() => Promise<unknown>)[],
): Promise<void> {
  const registration = { ...installer, packs: refs, types: options.types };
  await installer.report(`Registering ${refs.join(', ')}`);
  // Last of all steps back: the old files are in place again.
  undo.push(async () => {
    const left = await findPacks(installer.basePaths);
    await unregisterPacks(
      installer,
      refs.filter((ref) => !left.has(ref)),
    );
    await registerPacks({ ...registration, packs: refs.filter((ref) => left.has(ref)) });
  });
  await registerPacks({ ...registration, failOnFailure: true });
}
