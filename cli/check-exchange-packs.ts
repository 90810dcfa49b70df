/**
 * Registers every pack of a folder in a database of its own and prints what came of each: how packs of StackStorm's
 * exchange are checked. `check-exchange-packs FOLDER [PACK...]`; folders may be named as their repositories (`stackstorm-x`).
 * Ends with code 1 when a file of a pack could not be registered.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Registration, registerPacks } from '../action-service/packs/register-packs.ts';
import { registerRunnerTypes } from '../actionrunner/runners/metadata.ts';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { createLogger } from '../platform/logging/create-logger.ts';
import { connectMongo } from '../platform/mongo/connect-mongo.ts';
import { findFreePorts } from '../platform/network/ports.ts';
import { createStores, ensureIndexes, type Stores } from '../stores/stores.ts';
import { placePacks } from './exchange/place-packs.ts';
import { createProcessTable } from './processes/process-table.ts';
import { cacheFolder } from './provision/cache.ts';
import { provisionMongodb } from './provision/mongodb.ts';
import { silentProgress } from './provision/progress.ts';

interface Row {
  readonly pack: string;
  readonly registration: Registration;
  readonly seconds: number;
}

const KINDS = ['actions', 'sensors', 'triggers', 'rules', 'aliases', 'policies', 'config_schemas'] as const;

try {
  const [folder, ...wanted] = process.argv.slice(2);
  if (folder === undefined) throw new ValidationError('usage: check-exchange-packs FOLDER [PACK...]');
  const rows = await check(path.resolve(folder), wanted);
  process.stdout.write(`${toTable(rows)}\n`);
  const problems = rows.flatMap(({ registration }) => registration.problems);
  for (const problem of problems) process.stdout.write(`not registered: ${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
process.exit();

async function check(source: string, wanted: readonly string[]): Promise<readonly Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'st2-exchange-'));
  const processes = createProcessTable(folder);
  try {
    const base = path.join(folder, 'packs');
    const packs = await placePacks(source, base, wanted);
    const [port = 0] = await findFreePorts(1);
    const database = await provisionMongodb(
      {
        env: process.env,
        dataFolder: folder,
        cacheFolder: cacheFolder(process.env),
        processes,
        progress: silentProgress,
      },
      port,
    );
    const config = loadConfig({ ...database.env, ST2_DATA_DIR: folder });
    const logger = createLogger('check-exchange-packs', 'error');
    const connection = await connectMongo(config, logger);
    const stores = createStores(connection);
    await ensureIndexes(stores);
    await registerRunnerTypes(stores);
    const rows: Row[] = [];
    for (const pack of packs) rows.push(await checkOne(stores, base, pack));
    await connection.close();
    return rows;
  } finally {
    await processes.close();
    await rm(folder, { recursive: true, force: true });
  }

  async function checkOne(stores: Stores, base: string, pack: string): Promise<Row> {
    const began = Date.now();
    const logger = createLogger('check-exchange-packs', 'fatal');
    const registration = await registerPacks({ stores, logger, basePaths: [base], packs: [pack] });
    return { pack, registration, seconds: (Date.now() - began) / 1000 };
  }
}

function toTable(rows: readonly Row[]): string {
  const lines = rows.map(({ pack, registration: { counts, problems }, seconds }) =>
    [pack, ...KINDS.map((kind) => String(counts[kind] ?? 0)), String(problems.length), seconds.toFixed(1)].join(' | '),
  );
  const head = ['pack', ...KINDS, 'problems', 'seconds'];
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => ' --- |').join('')}`,
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}
