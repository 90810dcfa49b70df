/**
 * Registers packs from disk: `pack.yaml`, its content, configuration schema and configuration.
 * A broken file is reported with file, line and reason; the rest of the pack is still registered.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import { type ParameterSchemas, validateConfig } from '../../core/params/index.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { rememberBy } from '../../stores/remembered.ts';
import type { Stores } from '../../stores/stores.ts';
import { createTriggerService } from '../triggers/trigger-service.ts';
import { CONTENT_TYPES, type ContentType } from './content-types.ts';
import { type Metadata, readMetadata } from './read-metadata.ts';

const METADATA_FILE = /\.(ya?ml|json)$/;
const PACK_NAME = /^[a-z0-9_-]+$/i;

export interface RegisterOptions {
  readonly stores: Stores;
  readonly bus?: Bus;
  readonly logger: Logger;
  /** Folders that hold packs; of packs with the same name the one in the last folder counts. */
  readonly basePaths: readonly string[];
  /** Folder of `<pack>.yaml` configuration files. */
  readonly configsPath?: string;
  /** Singular or plural names (`action`, `rules`, `all`); default all. */
  readonly types?: readonly string[];
  /** Default: every pack found. */
  readonly packs?: readonly string[];
  /** Stop at the first broken file. */
  readonly failOnFailure?: boolean;
}

export interface Registration {
  /** Files registered by plural name of their kind: `{actions: 13, rules: 1}`. */
  readonly counts: Readonly<Record<string, number>>;
  /** One sentence per broken file. */
  readonly problems: readonly string[];
}

/** Enough to keep the database busy while other files are read. */
const FILES_AT_ONCE = 16;
const RUNNERS_REMEMBERED_MS = 10_000;

const PLURALS: Readonly<Record<string, string>> = { alias: 'aliases', policy: 'policies' };
const plural = (name: string) => PLURALS[name] ?? `${name}s`;
const singular = (name: string) =>
  CONTENT_TYPES.find((type) => plural(type.name) === name)?.name ?? name.replace(/s$/, '');

/** Folder of each pack by name. */
export async function findPacks(basePaths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const base of basePaths) {
    const entries = await readdir(base, { withFileTypes: true }).catch(() => []);
    const root = await realpath(base).catch(() => base);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!PACK_NAME.test(entry.name) || !(entry.isDirectory() || entry.isSymbolicLink())) continue;
      const path = join(base, entry.name);
      const real = await realpath(path).catch(() => '');
      // A pack that is a link out of its folder would let content reach files it should not.
      if (real !== join(root, entry.name) && !real.startsWith(root + sep)) continue;
      if (await isFile(join(path, 'pack.yaml'))) found.set(entry.name, path);
    }
  }
  return found;
}

/** Registers what the options ask for. @throws ValidationError on the first broken file, with `failOnFailure` only */
export async function registerPacks(options: RegisterOptions): Promise<Registration> {
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const types = new Set((options.types ?? ['all']).map(singular));
  const wants = (name: string) => types.has('all') || types.has(name);
  const triggers = createTriggerService(options.stores, options.bus);
  const runnerType = rememberBy(options.stores.runnerTypes, 'name', RUNNERS_REMEMBERED_MS);
  const found = await findPacks(options.basePaths);

  const attempt = async (file: string, kind: string | undefined, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
      return true;
    } catch (error) {
      const reason = errorMessage(error);
      const sentence = reason.startsWith(file) ? reason : `${file}: ${reason}`;
      if (options.failOnFailure === true) throw new ValidationError(sentence, { file });
      options.logger.warn({ file, reason }, 'file of a pack could not be registered');
      problems.push(sentence);
      return false;
    }
  };

  await triggers.registerInternalTypes();
  const packs: [string, string][] = [];
  for (const name of options.packs ?? found.keys()) {
    const path = found.get(name);
    if (path === undefined)
      throw new ValidationError(`Pack "${name}" not found in any of the pack folders.`, { pack: name });
    let ref = name;
    const registered = await attempt(join(path, 'pack.yaml'), undefined, async () => {
      ref = await registerPack(options.stores, path);
    });
    if (registered) packs.push([ref, path]);
  }
  // One kind after the other over all packs: a rule of one pack may use a trigger of another.
  for (const type of CONTENT_TYPES) {
    if (!wants(type.name)) continue;
    for (const [pack, path] of packs) await registerContent(type, pack, path);
  }
  if (wants('config')) for (const [pack, path] of packs) await registerConfig(pack, path);
  return { counts, problems };

  async function registerContent(type: ContentType, pack: string, packPath: string): Promise<void> {
    const folder = join(packPath, type.folder);
    const keep: string[] = [];
    const files = await metadataFiles(folder);
    const atOnce = type.independent === true ? FILES_AT_ONCE : 1;
    const context = { stores: options.stores, triggers, runnerType, pack, packPath };
    for (let first = 0; first < files.length; first += atOnce) {
      const some = files.slice(first, first + atOnce).map(async (path) => {
        const file = relative(packPath, path);
        keep.push(file);
        await attempt(path, plural(type.name), async () =>
          type.register(await readMetadata(path), { ...context, file }),
        );
      });
      await Promise.all(some);
    }
    if (type.name === 'rule' && keep.length > 0) options.bus?.publish(EXCHANGES.rule, 'update', { pack });
    await type.prune?.(context, keep);
  }

  async function registerConfig(pack: string, packPath: string): Promise<void> {
    const schema = join(packPath, 'config.schema.yaml');
    if (await isFile(schema)) {
      await attempt(schema, 'config_schemas', async () => {
        await options.stores.configSchemas.upsert({ pack }, { pack, attributes: await readMetadata(schema) });
      });
    }
    const config = options.configsPath === undefined ? undefined : join(options.configsPath, `${pack}.yaml`);
    if (config !== undefined && (await isFile(config))) {
      await attempt(config, 'configs', async () => {
        const values = await readMetadata(config, { mayBeEmpty: true });
        const known = await options.stores.configSchemas.findOne({ pack });
        if (known !== undefined) validateConfig(pack, known.attributes as ParameterSchemas, values);
        await options.stores.configs.upsert({ pack }, { pack, values });
      });
    }
  }
}

async function registerPack(stores: Stores, path: string): Promise<string> {
  const metadata = await readMetadata(join(path, 'pack.yaml'));
  const name = metadata.name;
  if (typeof name !== 'string' || name === '') throw new ValidationError("'name' is a required property");
  const ref = packRef(metadata, path);
  const version = String(metadata.version ?? '');
  if (!/^\d+(\.\d+){0,2}([-+.].*)?$/.test(version))
    throw new ValidationError(`Pack version "${version}" is not a valid semantic version.`);
  await stores.packs.upsert(
    { ref },
    {
      ref,
      uid: `pack:${ref}`,
      name,
      description: typeof metadata.description === 'string' ? metadata.description : '',
      keywords: metadata.keywords ?? [],
      version,
      ...(metadata.stackstorm_version === undefined ? {} : { stackstorm_version: metadata.stackstorm_version }),
      python_versions: metadata.python_versions ?? [],
      author: typeof metadata.author === 'string' ? metadata.author : '',
      ...(metadata.email === undefined ? {} : { email: metadata.email }),
      contributors: metadata.contributors ?? [],
      files: await listFiles(path),
      dependencies: metadata.dependencies ?? [],
      system: metadata.system ?? {},
      path,
    },
  );
  return ref;
}

/** The ref: given, else the name when it may be one, else the folder's name. */
export function packRef(metadata: Metadata, path: string): string {
  if (typeof metadata.ref === 'string' && metadata.ref !== '') {
    if (!PACK_NAME.test(metadata.ref))
      throw new ValidationError(`Pack ref "${metadata.ref}" contains characters that are not allowed.`);
    return metadata.ref;
  }
  const name = String(metadata.name);
  return /^[a-z0-9_]+$/.test(name) ? name : basename(path);
}

/** Files right in the folder only: what lies deeper (workflows, chains, code) is no metadata. */
async function metadataFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && METADATA_FILE.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
}

async function listFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name === '.git' || entry.name === '__pycache__') continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) files.push(relative(root, path));
    }
  };
  await walk(root);
  return files.sort();
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
