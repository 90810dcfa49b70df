/**
 * `st2-diagnose`: finds what does not go on, says why and what to do. On a machine where `npm start` serves, its supervisor knows the
 * addresses; elsewhere the settings of the services have to be in the environment, as in their containers.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { createBus } from '../platform/bus/create-bus.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { createLogger } from '../platform/logging/create-logger.ts';
import { connectMongo } from '../platform/mongo/connect-mongo.ts';
import { createBlobStore } from '../platform/temporal/blob-store.ts';
import { createTemporalClient } from '../platform/temporal/temporal-client.ts';
import { createStores } from '../stores/stores.ts';
import { diagnoseExecutions } from './diagnosis/diagnose-executions.ts';
import { diagnoseServices } from './diagnosis/diagnose-services.ts';
import type { Finding } from './diagnosis/finding.ts';
import { askSupervisor, findSupervisor } from './supervisor/control.ts';

const help = `Usage: st2-diagnose [--data-dir DIR] [--quiet-for SECONDS] [--json]

Finds executions that do not go on and services that are missing, says why and what to do.
  --quiet-for SECONDS   look at executions that have not changed for that long (default 30)
  --json                print findings as JSON
Exit code 0: nothing is stuck; 1: something is; 2: it could not be found out.
`;

interface Options {
  readonly quietMs: number;
  readonly isJson: boolean;
  readonly dataFolder: string;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 2;
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  const isConfigured = process.env.ST2_DATABASE__URI !== undefined || process.env.ST2_DATABASE__URI_FILE !== undefined;
  if (!isConfigured && (await findSupervisor(options.dataFolder)) !== undefined) {
    const reply = await askSupervisor(options.dataFolder, { action: 'diagnose', args });
    process.stdout.write(reply.output ?? '');
    return reply.code ?? 0;
  }
  const findings = await diagnose(options.quietMs);
  process.stdout.write(options.isJson ? `${JSON.stringify(findings, null, 2)}\n` : format(findings));
  return findings.length === 0 ? 0 : 1;
}

function readOptions(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'data-dir': { type: 'string' },
        'quiet-for': { type: 'string', default: '30' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return undefined;
    const seconds = Number(values['quiet-for']);
    if (!Number.isFinite(seconds) || seconds < 0) throw new Error('--quiet-for is a number of seconds.');
    const dataFolder = path.resolve(values['data-dir'] ?? process.env.ST2_DATA_DIR ?? '.tramontane');
    return { quietMs: seconds * 1_000, isJson: values.json, dataFolder };
  } catch (error) {
    throw new ValidationError(errorMessage(error));
  }
}

async function diagnose(quietMs: number): Promise<readonly Finding[]> {
  const config = loadConfig(process.env);
  const logger = createLogger('st2-diagnose', 'silent');
  const mongo = await connectMongo(config, logger);
  const stores = createStores(mongo);
  const temporal = createTemporalClient(config, createBlobStore(stores.payloads));
  const bus = createBus(config, logger);
  try {
    await bus.start();
    await temporal.ensureConnected();
    return [
      ...(await diagnoseServices(bus, temporal.client, temporal.settings.taskQueue)),
      ...(await diagnoseExecutions(stores, temporal.client, quietMs)),
    ];
  } finally {
    await bus.stop();
    await temporal.close();
    await mongo.close();
  }
}

function format(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing is stuck.\n';
  return findings
    .map(({ execution, why, advice }) => {
      const head =
        execution === undefined
          ? 'System'
          : `${execution.action} ${execution.id} (${execution.status} since ${execution.since.toISOString()})`;
      return `${head}\n  why:    ${why}\n  advice: ${advice}\n`;
    })
    .join('\n');
}
