import { createHash, randomBytes } from 'node:crypto';
import { createProcessTable, type ManagedProcess, type ProcessTable } from '../../cli/processes/process-table.ts';
import { type BusChoice, provisionBus } from '../../cli/provision/bus.ts';
import { cacheFolder } from '../../cli/provision/cache.ts';
import { provisionMongodb } from '../../cli/provision/mongodb.ts';
import type { ProvisionContext, ProvisionedPart } from '../../cli/provision/part.ts';
import { silentProgress } from '../../cli/provision/progress.ts';
import { provisionTemporal } from '../../cli/provision/temporal.ts';
import { findFreePorts } from '../../platform/network/ports.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A part of the infrastructure that a test may take away and give back. */
export type PartName = 'temporal' | 'mongodb' | 'bus';

/** What {@link provisioned} is asked for. */
export interface ProvisionedOptions {
  /** All three when absent. */
  readonly parts?: readonly PartName[];
  /** `auto`, RabbitMQ where it is installed, when absent. CI always has it. */
  readonly bus?: BusChoice;
  /** True for tests that kill or restart a part: they never get the set that other files share. */
  readonly own?: boolean;
}

/** Real Temporal, MongoDB and bus for one test file. */
export interface Provisioned {
  /** The variables for our services: addresses, and names that keep this file apart from others on the same infrastructure. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder for whatever the test writes; removed at the end. */
  readonly folder: string;
  /** Starts more processes that are ended with the rest. */
  readonly processes: ProcessTable;
  /** kill -9 of a part. Only with `own`. */
  kill(part: PartName): Promise<void>;
  /** Starts a killed part again, on the same ports and files. Returns at once: waiting for it is what the services do. */
  restart(part: PartName): void;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** Variable with the addresses of the infrastructure that `npm test` starts once for all files, as JSON. */
export const sharedVariable = 'TRAMONTANE_TEST_SHARED';

const allParts: readonly PartName[] = ['temporal', 'mongodb', 'bus'];

/**
 * Provides the infrastructure in the way `npm start` does, on free ports and in a temporary folder.
 * Within `npm test` files share one set unless they ask for their `own`; each gets its own database, prefix and task queue.
 */
export async function provisioned(options: ProvisionedOptions = {}): Promise<Provisioned> {
  const folder = await temporaryFolder();
  const processes = createProcessTable(folder.path);
  const shared = process.env[sharedVariable];
  const mayShare = shared !== undefined && !options.own && options.bus !== 'local';
  const parts = mayShare ? new Map<PartName, ProvisionedPart>() : await startParts(options, folder.path, processes);
  const addresses = mayShare
    ? (JSON.parse(shared) as Record<string, string>)
    : Object.assign({}, ...[...parts.values()].map(({ env }) => env));
  const running = new Map([...parts].map(([name, part]) => [name, [...part.processes]]));

  const processesOf = (part: PartName): ManagedProcess[] => {
    const found = running.get(part);
    if (found === undefined) throw new Error(`This test does not own its ${part}: ask for own: true.`);
    return found;
  };
  return {
    env: { ...addresses, ...isolation(addresses) },
    folder: folder.path,
    processes,
    async kill(part) {
      await Promise.all(processesOf(part).map((child) => child.kill()));
    },
    restart(part) {
      const ended = processesOf(part);
      running.set(
        part,
        ended.map((child) => (child.hasExited ? processes.start(child.spec) : child)),
      );
    },
    async stop() {
      await processes.close();
      await folder.remove();
    },
  };
}

async function startParts(
  options: ProvisionedOptions,
  folder: string,
  processes: ProcessTable,
): Promise<ReadonlyMap<PartName, ProvisionedPart>> {
  const env = process.env;
  const cache = cacheFolder(env);
  const context: ProvisionContext = {
    env,
    dataFolder: folder,
    cacheFolder: cache,
    processes,
    progress: silentProgress,
  };
  const [server = 0, ui = 0, mongodb = 0, amqp = 0, dist = 0, epmd = 0] = await findFreePorts(6);
  const start = {
    temporal: () => provisionTemporal(context, { server, ui }),
    mongodb: () => provisionMongodb(context, mongodb),
    bus: () => provisionBus(context, { amqp, dist, epmd }, options.bus),
  } as const satisfies Record<PartName, () => Promise<ProvisionedPart>>;
  const wanted = options.parts ?? allParts;
  return new Map(await Promise.all(wanted.map(async (name) => [name, await start[name]()] as const)));
}

/** Names of this test process's own, so that files never see each other's data. */
function isolation(addresses: Readonly<Record<string, string>>): Record<string, string> {
  const name = `t${createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 10)}`;
  const names: Record<string, string> = { ST2_TEMPORAL__TASK_QUEUE: name, ST2_MESSAGING__PREFIX: `${name}.` };
  if (addresses.ST2_DATABASE__URI) names.ST2_DATABASE__URI = withDatabase(addresses.ST2_DATABASE__URI, name);
  return names;
}

function withDatabase(uri: string, name: string): string {
  const address = new URL(uri);
  address.pathname = `/${name}`;
  return address.toString();
}
