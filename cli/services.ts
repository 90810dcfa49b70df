import os from 'node:os';
import path from 'node:path';

/** A service of ours as the supervisor, st2ctl and the tests know it. */
export interface ServiceDefinition {
  /** Name as st2ctl shows it. */
  readonly name: string;
  /** Program, as a path from the project root without extension. A build without it has no such service. */
  readonly entry: string;
  /** `workers`: as many processes as the WORKERS setting says. */
  readonly instances: 'one' | 'workers';
  /** It may share one process with others: it mostly waits, and what it loses in a crash of the process is done again. */
  readonly shares: boolean;
  /** Variables of its own. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * How the C library keeps memory that is free: one arena, and back to the system early. The threads of a Temporal worker free most of what they take
 * at its start, and each would keep its own share for ever.
 */
const LEAN_MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Every service, in the order in which st2ctl shows them. They may start in any order and wait for what they need. */
export const services = [
  { name: 'st2actionrunner', entry: 'actionrunner/bin/st2actionrunner', instances: 'workers', shares: false },
  { name: 'st2scheduler', entry: 'actionrunner/bin/st2scheduler', instances: 'one', shares: true },
  { name: 'st2api', entry: 'api/bin/st2api', instances: 'one', shares: false },
  { name: 'st2stream', entry: 'api/bin/st2stream', instances: 'one', shares: true },
  { name: 'st2auth', entry: 'api/bin/st2auth', instances: 'one', shares: true },
  { name: 'st2garbagecollector', entry: 'reactor/bin/st2garbagecollector', instances: 'one', shares: true },
  { name: 'st2notifier', entry: 'actionrunner/bin/st2notifier', instances: 'one', shares: true },
  { name: 'st2resultstracker', entry: 'engine/bin/st2resultstracker', instances: 'one', shares: true },
  { name: 'st2rulesengine', entry: 'reactor/bin/st2rulesengine', instances: 'one', shares: true },
  { name: 'st2sensorcontainer', entry: 'reactor/bin/st2sensorcontainer', instances: 'one', shares: true },
  { name: 'st2timersengine', entry: 'reactor/bin/st2timersengine', instances: 'one', shares: true },
  { name: 'st2chatops', entry: 'reactor/bin/st2chatops', instances: 'one', shares: true },
  { name: 'mistral-server', entry: 'engine/bin/mistral-server', instances: 'one', shares: false, env: LEAN_MALLOC },
  { name: 'mistral-api', entry: 'engine/bin/mistral-api', instances: 'one', shares: true },
] as const satisfies readonly ServiceDefinition[];

/** Name of one of our services. */
export type ServiceName = (typeof services)[number]['name'];

/** Loopback ports of the services that listen. */
export interface ServicePorts {
  readonly auth: number;
  readonly api: number;
  readonly stream: number;
  readonly mistral: number;
}

/** Processes of the action runner: what was asked for, else one a core, else two. */
export function workerCount(asked: number | undefined): number {
  if (asked !== undefined && asked > 0) return asked;
  return os.availableParallelism?.() || 2;
}

/** What the environment of our services is made from. */
export interface ServiceSettings {
  readonly ports: ServicePorts;
  readonly dataFolder: string;
  readonly packFolders: readonly string[];
  readonly python: string;
  readonly htpasswdFile: string;
  readonly encryptionKeyFile: string;
  readonly workers: number;
}

/** The variables by which services find each other and their files; the parts they need bring their own (`ProvisionedPart.env`). */
export function serviceEnvironment(settings: ServiceSettings): Record<string, string> {
  const { ports } = settings;
  return {
    ST2_AUTH__PORT: String(ports.auth),
    ST2_API__PORT: String(ports.api),
    ST2_STREAM__PORT: String(ports.stream),
    MISTRAL_API__PORT: String(ports.mistral),
    ST2_DATA_DIR: settings.dataFolder,
    // Packs are installed into the last folder.
    ST2_PACKS_BASE_PATHS: [...settings.packFolders, path.join(settings.dataFolder, 'packs')].join(':'),
    ST2_PYTHON_BINARY: settings.python,
    ST2_AUTH__HTPASSWD_FILE: settings.htpasswdFile,
    ST2_KEYVALUE__ENCRYPTION_KEY_PATH: settings.encryptionKeyFile,
    WORKERS: String(settings.workers),
    // Below the supervisor's own limit, so that a runner can still note which actions it had to end.
    ST2_ACTIONRUNNER__SHUTDOWN_TIMEOUT: '5',
  };
}
