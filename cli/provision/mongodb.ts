import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { explainDatabase } from '../../platform/tls/links.ts';
import type { ManagedProcess, ProcessSpec } from '../processes/process-table.ts';
import { projectRoot } from '../project-paths.ts';
import { firstWay, isReachable, type ProvisionContext, type ProvisionedPart, plainEnvironment } from './part.ts';
import { ensurePythonPackages, type PythonPackages } from './python.ts';
import { waitUntilReady } from './readiness.ts';
import { findOnPath, isExecutable } from './run-command.ts';

/** Version of the official server that is downloaded where downloads work. */
const mongodVersion = '7.0.14';

/** What can serve MongoDB's wire protocol here. The data folders of the two are not compatible. */
interface DatabaseProgram {
  readonly kind: 'mongod' | 'nx';
  readonly how: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Uses the database of `ST2_DATABASE__URI` (or `ST2_DATABASE__HOST`), or starts one on a loopback port with its files in the
 * data folder: mongod from PATH, the official download, or NX-27017, a MongoDB wire server over SQLite.
 *
 * @throws UnavailableError when the given address does not answer or the server does not come up
 */
export async function provisionMongodb(context: ProvisionContext, port: number): Promise<ProvisionedPart> {
  const given = givenUri(context.env);
  if (given !== undefined) return await useGiven(given, context);

  const program = await findProgram(context);
  const folder = path.join(context.dataFolder, 'mongodb', program.kind);
  await mkdir(folder, { recursive: true });
  const server = context.processes.start(databaseSpec(program, folder, port));
  const uri = `mongodb://127.0.0.1:${port}/st2`;
  await context.progress.during('Waiting for MongoDB', waitForPing(uri, 60_000, { process: server }));
  return { part: 'MongoDB', how: program.how, env: { ST2_DATABASE__URI: uri }, processes: [server] };
}

function givenUri(env: ProvisionContext['env']): string | undefined {
  if (env.ST2_DATABASE__URI) return env.ST2_DATABASE__URI;
  if (!env.ST2_DATABASE__HOST) return undefined;
  return `mongodb://${env.ST2_DATABASE__HOST}:${env.ST2_DATABASE__PORT || 27017}/${env.ST2_DATABASE__DB_NAME || 'st2'}`;
}

async function useGiven(uri: string, context: ProvisionContext): Promise<ProvisionedPart> {
  const shown = withoutPassword(uri);
  const { databaseOptions } = await import('../../platform/mongo/connect-mongo.ts');
  const config = loadConfig({ ...context.env, ST2_DATABASE__URI: uri, ST2_DATABASE__URI_FILE: '' });
  try {
    await context.progress.during('Waiting for MongoDB', waitForPing(uri, 5_000, { options: databaseOptions(config) }));
  } catch (error) {
    const why = (await explainDatabase(config))?.text ?? errorMessage(error);
    throw new UnavailableError(`MongoDB at ${shown} (ST2_DATABASE__URI) does not answer: ${why}`);
  }
  return { part: 'MongoDB', how: shown, env: { ST2_DATABASE__URI: uri }, processes: [] };
}

/** The address as it may be shown: credentials replaced. */
export function withoutPassword(uri: string): string {
  return uri.replace(/\/\/[^@/]*@/, '//***@');
}

async function findProgram(context: ProvisionContext): Promise<DatabaseProgram> {
  const plain = plainEnvironment(context.env);
  const official = path.join(context.cacheFolder, 'mongod');
  const viaNx = async (): Promise<DatabaseProgram> => {
    const packages = await ensureNx(context);
    const env = { ...plain, PYTHONPATH: packages.pythonPath };
    return { kind: 'nx', how: 'NX-27017 0.8.1 on SQLite', command: packages.python, env };
  };
  // The files of an earlier start decide, so that nobody's data seem lost when a download works the next time.
  if (await holdsFiles(path.join(context.dataFolder, 'mongodb', 'nx'))) return await viaNx();
  const mongod = await firstWay<DatabaseProgram>([
    async () => {
      const file = findOnPath('mongod', context.env);
      return file === undefined
        ? undefined
        : { kind: 'mongod', how: `mongod on PATH (${file})`, command: file, env: plain };
    },
    async () => {
      const file = await findDownloaded(official);
      return file === undefined
        ? undefined
        : { kind: 'mongod', how: 'official mongod (cached)', command: file, env: plain };
    },
    async () => {
      const file = await download(official, context);
      return file === undefined
        ? undefined
        : { kind: 'mongod', how: `official mongod ${mongodVersion}`, command: file, env: plain };
    },
  ]);
  return mongod ?? (await viaNx());
}

/** The Python of the embedded database, with its packages. @throws ValidationError when they cannot be installed */
export async function ensureNx(context: Parameters<typeof ensurePythonPackages>[2]): Promise<PythonPackages> {
  return await ensurePythonPackages('nx-27017-0.8.1', ['nx-27017==0.8.1', 'neosqlite==1.17.2'], context);
}

async function holdsFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0;
}

async function findDownloaded(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  return names
    .map((name) => path.join(folder, name))
    .find((file) => path.basename(file).startsWith('mongod') && isExecutable(file));
}

async function download(folder: string, context: ProvisionContext): Promise<string | undefined> {
  if (!(await isReachable('https://fastdl.mongodb.org/'))) return undefined;
  await mkdir(folder, { recursive: true });
  try {
    const { MongoBinary } = await import('mongodb-memory-server-core');
    const work = MongoBinary.getPath({ version: mongodVersion, downloadDir: folder });
    return await context.progress.during(`Downloading mongod ${mongodVersion}`, work);
  } catch {
    return undefined; // no build for this platform, or a broken download: the next way is tried
  }
}

/** Our way of starting NX-27017: it says in the file why. */
const embeddedServer = path.join(projectRoot, 'cli', 'provision', 'embedded-mongodb.py');

function databaseSpec(program: DatabaseProgram, folder: string, port: number): ProcessSpec {
  const address = ['--port', String(port)];
  const args =
    program.kind === 'mongod'
      ? ['--dbpath', folder, '--bind_ip', '127.0.0.1', '--quiet', ...address]
      : [embeddedServer, '--data-dir', folder, '--host', '127.0.0.1', ...address, ...nxFiles(folder)];
  return { name: 'mongodb', command: program.command, args, env: program.env };
}

function nxFiles(folder: string): readonly string[] {
  return ['--log-file', path.join(folder, 'server.log'), '--pid-file', path.join(folder, 'server.lock')];
}

async function waitForPing(
  uri: string,
  timeoutMs: number,
  { options = {}, process }: { readonly options?: object; readonly process?: ManagedProcess },
): Promise<void> {
  const { MongoClient } = (await import('mongoose')).default.mongo;
  const probe = async () => {
    const client = new MongoClient(uri, { ...options, serverSelectionTimeoutMS: 2_000, connectTimeoutMS: 2_000 });
    try {
      await client.connect();
      await client.db().command({ ping: 1 });
    } finally {
      await client.close();
    }
  };
  await waitUntilReady(probe, { what: 'MongoDB', timeoutMs, process });
}
