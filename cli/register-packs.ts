/**
 * Registers the content of packs in the database: the program behind `st2ctl reload`, with the options of StackStorm's
 * `st2-register-content`. Where it finds packs and database it reads from the environment, as the services do.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Registration, registerPacks } from '../action-service/packs/register-packs.ts';
import { registerRunnerTypes } from '../actionrunner/runners/metadata.ts';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { createBus } from '../platform/bus/create-bus.ts';
import { type Config, loadConfig } from '../platform/config/load-config.ts';
import { createLogger } from '../platform/logging/create-logger.ts';
import { connectMongo } from '../platform/mongo/connect-mongo.ts';
import { prepareDatabase } from '../stores/migrations.ts';
import { createStores } from '../stores/stores.ts';

/** `--register-KIND` options and the kind they stand for. */
const kinds = {
  'register-actions': 'actions',
  'register-aliases': 'aliases',
  'register-configs': 'configs',
  'register-policies': 'policies',
  'register-rules': 'rules',
  'register-runners': 'runners',
  'register-sensors': 'sensors',
  'register-triggers': 'triggers',
} as const;

try {
  const registration = await main(process.argv.slice(2));
  for (const problem of registration.problems) process.stdout.write(`not registered: ${problem}\n`);
  process.stdout.write(`${summarize(registration)}\n`);
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
// The bus may still try to reconnect; everything that counts has been written.
process.exit();

async function main(args: readonly string[]): Promise<Registration> {
  const options = readOptions(args);
  const config = loadConfig(process.env);
  const logger = createLogger('register-packs', options.verbose ? config.system.log_level : 'error');
  const connection = await connectMongo(config, logger);
  const bus = createBus(config, logger);
  try {
    await bus.start();
    const stores = createStores(connection);
    await prepareDatabase(stores);
    // Actions refer to runners: those come first, whatever else is asked for.
    const runners = await registerRunnerTypes(stores);
    const registration = await registerPacks({
      stores,
      bus,
      logger,
      basePaths: [...config.packs.base_paths, ...options.packs.map(path.dirname)],
      configsPath: configsFolder(config),
      types: options.types,
      packs: options.packs.length === 0 ? undefined : options.packs.map((folder) => path.basename(folder)),
      failOnFailure: options.failOnFailure,
    });
    return { ...registration, counts: { runners, ...registration.counts } };
  } finally {
    await bus.stop();
    await connection.close();
  }
}

function readOptions(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const kindOptions = Object.fromEntries(Object.keys(kinds).map((name) => [name, flag]));
  const values = parse(args, {
    'register-all': flag,
    'register-fail-on-failure': flag,
    'register-no-fail-on-failure': flag,
    'register-pack': { type: 'string' },
    verbose: flag,
    ...kindOptions,
  });
  const types = Object.entries(kinds).flatMap(([name, kind]) => (values[name] === true ? [kind] : []));
  const pack = values['register-pack'];
  return {
    types: types.length === 0 || values['register-all'] === true ? ['all'] : types,
    packs: typeof pack === 'string' ? [path.resolve(pack)] : [],
    failOnFailure: values['register-fail-on-failure'] === true,
    verbose: values.verbose === true,
  };
}

function parse(
  args: readonly string[],
  options: Record<string, { readonly type: 'boolean' | 'string' }>,
): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new ValidationError(errorMessage(error));
  }
}

function configsFolder(config: Config): string {
  return config.packs.configs_path || path.join(config.system.data_dir, 'configs');
}

function summarize({ counts, problems }: Registration): string {
  const parts = Object.entries(counts).map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`);
  const registered = `registered ${parts.join(', ') || 'nothing'}`;
  return problems.length === 0 ? registered : `${registered}; ${problems.length} files could not be registered`;
}
