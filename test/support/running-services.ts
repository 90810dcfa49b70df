import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ManagedProcess } from '../../cli/processes/process-table.ts';
import { findProgram, projectRoot } from '../../cli/project-paths.ts';
import { findPython } from '../../cli/provision/python.ts';
import { type ServiceName, type ServicePorts, serviceEnvironment, services } from '../../cli/services.ts';
import { createEncryptionKey, hashPassword } from '../../cli/start/secrets.ts';
import { findFreePorts } from '../../platform/network/ports.ts';
import { randomSecret } from '../../platform/random-secret.ts';
import { requestHttps } from './https-request.ts';
import type { Provisioned } from './provisioned.ts';

/** What {@link startServices} is asked for. */
export interface RunningServicesOptions {
  /** Every service of this build when absent. */
  readonly only?: readonly ServiceName[];
  /** Further variables for every service. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further variables for one service. */
  readonly envOf?: (name: ServiceName) => Readonly<Record<string, string>>;
  /** Folders of packs beside the built-in ones. */
  readonly packFolders?: readonly string[];
  /** Register the packs before the services start; true when absent. */
  readonly registerPacks?: boolean;
  /** Authority (PEM) of the certificate that the services' listeners are given in `env`: they are spoken to over https. */
  readonly authority?: string;
}

/** Services of ours as separate processes. */
export interface RunningServices {
  readonly ports: ServicePorts;
  /** The full environment of the services. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly apiUrl: string;
  readonly authUrl: string;
  readonly streamUrl: string;
  /** With `/v2`. */
  readonly mistralUrl: string;
  readonly user: { readonly name: string; readonly password: string };
  process(name: ServiceName): ManagedProcess;
  /** Name and process id of each service that runs. */
  pids(): readonly (readonly [ServiceName, number])[];
  /** kill -9, of the process and all of its group. */
  kill(name: ServiceName): Promise<void>;
  /** SIGTERM, and waits for the end. */
  stopService(name: ServiceName): Promise<void>;
  /** Starts a service that was killed or stopped; resolves when it is ready. */
  restart(name: ServiceName): Promise<void>;
  /** Starts one more process of a service, with further variables; resolves when it is ready. */
  startAnother(name: ServiceName, env?: Readonly<Record<string, string>>): Promise<ManagedProcess>;
  /** A token of the user. */
  token(): Promise<string>;
  /** One request to the API with a token; the body of the answer, parsed. Throws on a status of 400 or more. */
  request<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** Stops all services; the infrastructure stays. */
  stop(): Promise<void>;
}

/** What a workflow of actions needs from the request of its execution to its end. */
export const workflowServices = [
  'st2api',
  'st2auth',
  'st2actionrunner',
  'st2scheduler',
  'mistral-api',
  'mistral-server',
  'st2resultstracker',
] as const satisfies readonly ServiceName[];

const readyTimeoutMs = 180_000;

/** Starts our services on free ports against the given infrastructure and returns when all are ready. */
export async function startServices(
  infrastructure: Provisioned,
  options: RunningServicesOptions = {},
): Promise<RunningServices> {
  const [auth = 0, api = 0, stream = 0, mistral = 0] = await findFreePorts(4);
  const ports: ServicePorts = { auth, api, stream, mistral };
  const user = { name: 'st2admin', password: randomSecret(9) };
  const dataFolder = path.join(infrastructure.folder, 'services');
  const htpasswdFile = path.join(dataFolder, 'htpasswd');
  const encryptionKeyFile = path.join(dataFolder, 'kv-key.json');
  await mkdir(dataFolder, { recursive: true });
  await writeFile(htpasswdFile, `${user.name}:${await hashPassword(user.password)}\n`);
  await writeFile(encryptionKeyFile, createEncryptionKey());

  const packFolders = [path.join(projectRoot, 'packs'), ...(options.packFolders ?? [])];
  const python = findPython(process.env);
  const settings = { ports, dataFolder, packFolders, python, htpasswdFile, encryptionKeyFile, workers: 1 };
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ST2_LOG_LEVEL: 'info',
    ...infrastructure.env,
    ...serviceEnvironment(settings),
    ...options.env,
  };
  if (options.registerPacks !== false) await runRegistration(infrastructure, env);

  const running = new Map<ServiceName, ManagedProcess>();
  const others: ManagedProcess[] = [];
  const start = async (name: ServiceName) => {
    running.set(name, await startOne(name, name, infrastructure, { ...env, ...options.envOf?.(name) }));
  };
  const names = services.map(({ name }) => name).filter((name) => options.only?.includes(name) ?? isBuilt(name));
  await Promise.all(names.map(start));

  const processOf = (name: ServiceName): ManagedProcess => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`${name} was not started.`);
    return found;
  };
  const { authority } = options;
  const host = authority === undefined ? 'http://127.0.0.1' : 'https://127.0.0.1';
  const urls = {
    apiUrl: `${host}:${api}`,
    authUrl: `${host}:${auth}`,
    streamUrl: `${host}:${stream}`,
    mistralUrl: `${host}:${mistral}/v2`,
  };
  let token: Promise<string> | undefined;
  const getToken = () => {
    token ??= requestToken(urls.authUrl, user, authority);
    return token;
  };
  return {
    ports,
    env,
    ...urls,
    user,
    process: processOf,
    pids: () => [...running].filter(([, child]) => !child.hasExited).map(([name, child]) => [name, child.pid]),
    kill: (name) => processOf(name).kill(),
    stopService: (name) => processOf(name).stop(),
    restart: start,
    async startAnother(name, more = {}) {
      const child = await startOne(name, `${name}-${others.length + 2}`, infrastructure, { ...env, ...more });
      others.push(child);
      return child;
    },
    token: getToken,
    async request<T>(method: string, target: string, body?: unknown): Promise<T> {
      const address = `${urls.apiUrl}${target.startsWith('/v1') ? '' : '/v1'}${target}`;
      return (await requestJson(method, address, { 'x-auth-token': await getToken() }, body, authority)) as T;
    },
    async stop() {
      await Promise.all([...running.values(), ...others].map((child) => child.stop(8_000)));
    },
  };
}

function isBuilt(name: ServiceName): boolean {
  const service = services.find((candidate) => candidate.name === name);
  return service !== undefined && findProgram(service.entry) !== undefined;
}

async function startOne(
  service: ServiceName,
  name: string,
  infrastructure: Provisioned,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ManagedProcess> {
  const entry = services.find((candidate) => candidate.name === service)?.entry ?? '';
  const program = findProgram(entry);
  if (program === undefined) throw new Error(`This build has no ${entry}.`);
  const spec = { name, command: program.command, args: program.args, env, ipc: true };
  const child = infrastructure.processes.start(spec);
  const ready = new Promise<'ready'>((resolve) => child.onMessage(() => resolve('ready')));
  const late = delay(readyTimeoutMs, 'late' as const, { ref: false });
  const outcome = await Promise.race([ready, child.exited.then(() => 'ended' as const), late]);
  if (outcome === 'ready') return child;
  await child.kill();
  throw new Error(`${name} is not ready (${outcome}): ${await tail(child.logFile)}`);
}

async function runRegistration(infrastructure: Provisioned, env: Readonly<Record<string, string | undefined>>) {
  const program = findProgram('cli/register-packs');
  if (program === undefined) throw new Error('This build has no cli/register-packs.');
  const child = infrastructure.processes.start({
    name: 'register-packs',
    command: program.command,
    args: program.args,
    env,
  });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`Packs could not be registered: ${await tail(child.logFile)}`);
}

async function tail(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(file, 'utf8').catch(() => '(no log)')).slice(-4_000);
}

async function requestToken(authUrl: string, user: RunningServices['user'], authority?: string) {
  const authorization = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
  const answer = await requestJson('POST', `${authUrl}/tokens`, { authorization }, { ttl: 86_400 }, authority);
  return (answer as { readonly token: string }).token;
}

async function requestJson(
  method: string,
  url: string,
  credentials: Record<string, string>,
  content: unknown,
  authority: string | undefined,
): Promise<unknown> {
  const headers = content === undefined ? credentials : { ...credentials, 'content-type': 'application/json' };
  const body = content === undefined ? undefined : JSON.stringify(content);
  const { status, text } =
    authority === undefined
      ? await requestHttp(method, url, { headers, body })
      : await requestHttps(method, url, { headers, body, ca: authority });
  if (status >= 400) throw new Error(`${method} ${url}: ${status} ${text.slice(0, 1_000)}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function requestHttp(method: string, url: string, request: RequestInit) {
  const response = await fetch(url, { method, ...request, signal: AbortSignal.timeout(30_000) });
  return { status: response.status, text: await response.text() };
}
