import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError, ValidationError } from '../../core/errors.ts';
import { listenerScheme, loadConfig } from '../../platform/config/load-config.ts';
import { randomSecret } from '../../platform/random-secret.ts';
import { createProcessTable, type ProcessTable } from '../processes/process-table.ts';
import { findProgram, projectRoot } from '../project-paths.ts';
import { provisionBus } from '../provision/bus.ts';
import { cacheFolder, type Environment } from '../provision/cache.ts';
import { provisionMongodb } from '../provision/mongodb.ts';
import type { ProvisionContext, ProvisionedPart } from '../provision/part.ts';
import type { Progress } from '../provision/progress.ts';
import { findPython } from '../provision/python.ts';
import { runCommand } from '../provision/run-command.ts';
import { provisionTemporal } from '../provision/temporal.ts';
import { type ServicePorts, serviceEnvironment, services, workerCount } from '../services.ts';
import { type ControlReply, type ControlRequest, serveControl } from '../supervisor/control.ts';
import { createSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { choosePorts } from './choose-ports.ts';
import type { PortName, StartOptions } from './options.ts';
import { createEncryptionKey, keepSecret, updateUsers } from './secrets.ts';

/** The first user, created at the first start. */
export const firstUser = 'st2admin';

/** Everything that runs, once it serves. */
export interface RunningSystem {
  readonly dataFolder: string;
  readonly ports: ServicePorts;
  /** How its listeners are spoken to. */
  readonly scheme: 'http' | 'https';
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of {@link firstUser}. */
  readonly password: string;
  readonly supervisor: Supervisor;
  stop(): Promise<void>;
}

/** What {@link startSystem} needs beside its options. */
export interface StartContext {
  readonly options: StartOptions;
  readonly env: Environment;
  readonly progress: Progress;
  /** Called when `st2ctl` or `npm stop` asks for the end. */
  readonly onShutdownRequest: () => void;
  /** Resolves with the reason when the system is to end, which may be before it serves. */
  readonly stopRequested: Promise<string>;
}

/** How far a start has come. */
interface Started {
  supervisor?: Supervisor;
  /** Once it serves. */
  system?: RunningSystem;
}

/**
 * Provisions what is missing, starts every service and registers the packs; resolves when the system serves.
 * When any of it fails, everything that was started is ended before the error is thrown.
 *
 * @throws ConflictError when a system runs or is being started in this data folder already
 * @throws ValidationError for a port in use or a missing program
 * @throws UnavailableError when a part or a service does not come up, or the end was asked for meanwhile
 */
export async function startSystem(context: StartContext): Promise<RunningSystem> {
  const { options, progress } = context;
  const { dataFolder } = options;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const started: Started = {};
  // Before anything is ended or started: what runs in this folder may be another's.
  const control = await serveControl(dataFolder, (request) =>
    answerControl(request, started, context.onShutdownRequest),
  );
  const processes = createProcessTable(dataFolder);
  const end = async () => {
    await started.supervisor?.stopAll();
    await processes.endLeftovers();
    await processes.close();
    control.close();
  };
  const stopped = context.stopRequested.then((why) => {
    throw new UnavailableError(`Stopped before it served (${why}).`);
  });
  stopped.catch(() => undefined); // nobody waits for it before, and after the start
  try {
    const leftovers = await processes.endLeftovers();
    if (leftovers.length > 0) progress.say(`Ended what an earlier start had left behind: ${leftovers.join(', ')}`);
    started.system = { ...(await Promise.race([stopped, bringUp(context, processes, started)])), stop: end };
    await control.tellServing();
    return started.system;
  } catch (error) {
    await end();
    throw error;
  }
}

/** @throws ValidationError for what is no folder: its packs would be missing without a word */
async function assertFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true) throw new ValidationError(`There is no folder ${folder}, which --packs names.`);
  }
}

async function bringUp(
  context: StartContext,
  processes: ProcessTable,
  started: Started,
): Promise<Omit<RunningSystem, 'stop'>> {
  const { options, env, progress } = context;
  const { dataFolder } = options;
  await assertFolders(options.packFolders);
  const ports = await choosePorts(options, env);
  const secrets = await prepareSecrets(options);
  const parts = await provisionAll({ env, dataFolder, cacheFolder: cacheFolder(env), processes, progress }, ports);

  const workers = workerCount(options.workers);
  const packFolders = [path.join(projectRoot, 'packs'), ...options.packFolders];
  const settings = { ports, dataFolder, packFolders, python: findPython(env), workers, ...secrets };
  const addresses = Object.assign({}, ...parts.map((part) => part.env)) as Record<string, string>;
  const full = { ...inherited(env), ...addresses, ...serviceEnvironment(settings) };
  const supervisor = createSupervisor({
    processes,
    env: full,
    workers,
    separate: options.separate,
    report: progress.say,
  });
  supervisor.adopt(parts.flatMap((part) => part.processes));
  started.supervisor = supervisor;

  const registration = registerPacks(['--register-all'], full);
  const registered = progress.during('Registering packs', registration);
  await Promise.all([registered, progress.during('Starting services', supervisor.startServices())]);
  const summary = (await registration).trim().split('\n').at(-1);
  if (summary) progress.say(`Packs: ${summary}`);

  return {
    dataFolder,
    ports,
    scheme: listenerScheme(loadConfig(full)),
    env: full,
    password: secrets.password,
    supervisor,
  };
}

async function prepareSecrets(options: StartOptions) {
  const inData = (name: string) => path.join(options.dataFolder, name);
  const htpasswdFile = inData('htpasswd');
  const encryptionKeyFile = inData('kv-key.json');
  await keepSecret(encryptionKeyFile, createEncryptionKey);
  const password = await keepSecret(inData(`${firstUser}.password`), () => randomSecret(12));
  // A password given for the first user on the command line wins over the generated one.
  const users = [{ name: firstUser, password }, ...options.users];
  const own = users.findLast(({ name }) => name === firstUser)?.password ?? password;
  await updateUsers(
    htpasswdFile,
    users.filter(({ name }) => name !== firstUser).concat({ name: firstUser, password: own }),
  );
  return { htpasswdFile, encryptionKeyFile, password: own };
}

async function provisionAll(
  context: ProvisionContext,
  ports: Readonly<Record<PortName, number>>,
): Promise<readonly ProvisionedPart[]> {
  const say = async (work: Promise<ProvisionedPart>) => {
    const part = await work;
    context.progress.say(`${part.part}: ${part.how}`);
    return part;
  };
  const bus = { amqp: ports.bus, dist: ports['bus-dist'], epmd: ports['bus-mapper'] };
  // All of them are awaited even when one fails, so that none starts a process after the clean-up.
  const outcomes = await Promise.allSettled([
    say(provisionTemporal(context, { server: ports.temporal, ui: ports['temporal-ui'] })),
    say(provisionMongodb(context, ports.mongodb)),
    say(provisionBus(context, bus)),
  ]);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Our settings and what any program needs pass to the services; the rest of the user's environment stays out of actions. */
function inherited(env: Environment): Record<string, string | undefined> {
  const passes =
    /^(ST2_|MISTRAL_|TEMPORAL_|OTEL_|LC_|PATH$|HOME$|USER$|LANG$|TZ$|TMPDIR$|NODE_EXTRA_CA_CERTS$|SSL_CERT_|PIP_)|_proxy$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => passes.test(name)));
}

async function registerPacks(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const program = findProgram('cli/register-packs');
  if (program === undefined) throw new UnavailableError('This build has no cli/register-packs: run npm run build.');
  const result = await runCommand(program.command, [...program.args, ...args], { env });
  if (!result.ok) throw new UnavailableError(`Packs could not be registered: ${result.output.trim()}`);
  return result.output;
}

async function answerControl(
  request: ControlRequest,
  { system, supervisor }: Started,
  shutdown: () => void,
): Promise<ControlReply> {
  const status = () => supervisor?.status() ?? services.map(({ name }) => ({ name, pid: undefined }));
  if (request.action === 'shutdown') setImmediate(shutdown);
  if (request.action === 'shutdown' || request.action === 'status') return { components: status() };
  if (system === undefined) throw new UnavailableError('It is being started: ask again once it serves.');
  const { env } = system;
  switch (request.action) {
    case 'reload': {
      const output = await registerPacks(request.args, env);
      return { components: status(), output };
    }
    case 'diagnose': {
      const program = findProgram('cli/diagnose');
      if (program === undefined) throw new UnavailableError('This build has no cli/diagnose: run npm run build.');
      const { output, code } = await runCommand(program.command, [...program.args, ...request.args], { env });
      return { output, code: code ?? 2 };
    }
    case 'start':
    case 'stop':
    case 'restart':
      await system.supervisor.steer(request.action, request.service);
      return { components: status() };
  }
}
