import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TlsFiles } from '../../platform/config/tls.ts';
import { connectTcp } from '../../platform/network/ports.ts';
import { randomSecret } from '../../platform/random-secret.ts';
import type { ManagedProcess } from '../processes/process-table.ts';
import { type ProvisionContext, type ProvisionedPart, plainEnvironment } from './part.ts';
import { waitUntilReady } from './readiness.ts';
import { findOnPath } from './run-command.ts';

/** Loopback ports of a private RabbitMQ node. */
export interface RabbitmqPorts {
  readonly amqp: number;
  /** Erlang's distribution port. */
  readonly dist: number;
  /** Port of the node's own port mapper, so that no daemon of another installation is needed or started. */
  readonly epmd: number;
}

/** Debian's `rabbitmq-server` switches to its own user when root calls it; the script behind it runs as the present user. */
const realScripts = ['/usr/lib/rabbitmq/bin/rabbitmq-server'];

/** The script that starts a RabbitMQ node as the present user, or `undefined`. */
export function findRabbitmqServer(env: ProvisionContext['env']): string | undefined {
  const onPath = findOnPath('rabbitmq-server', env, ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']);
  return onPath && (realScripts.find((file) => existsSync(file)) ?? onPath);
}

/**
 * Starts a node of our own: own name, ports, files, cookie and password, reachable over loopback only.
 * Settings of a RabbitMQ installed on the machine do not reach it, and it does not disturb that one.
 */
export async function startRabbitmq(
  script: string,
  context: ProvisionContext,
  ports: RabbitmqPorts,
): Promise<ProvisionedPart> {
  const folder = path.join(context.dataFolder, 'rabbitmq');
  await mkdir(folder, { recursive: true });
  const password = await keepPassword(path.join(folder, 'password'));
  await writeConfiguration(folder, ports, password);
  const epmd = findOnPath('epmd', context.env, ['/usr/lib/erlang/bin']);
  const env = {
    ...nodeEnvironment(folder, context, ports),
    // Without it a node that finds no port mapper, as when both are being ended, starts one that outlives everything.
    ERL_FLAGS: epmd && '-start_epmd false',
  };

  const processes: ManagedProcess[] = [];
  if (epmd !== undefined) {
    const args = ['-address', '127.0.0.1', '-port', String(ports.epmd)];
    processes.push(context.processes.start({ name: 'epmd', command: epmd, args, env }));
    const probe = () => connectTcp('127.0.0.1', ports.epmd);
    await waitUntilReady(probe, { what: "RabbitMQ's port mapper", timeoutMs: 10_000, intervalMs: 20 });
  }
  const server = context.processes.start({ name: 'rabbitmq', command: script, args: [], env });
  processes.push(server);
  const url = `amqp://tramontane:${password}@127.0.0.1:${ports.amqp}`;
  await context.progress.during('Waiting for RabbitMQ', waitForAmqp(url, 90_000, { process: server }));
  return { part: 'bus', how: `RabbitMQ, a private node (${script})`, env: { ST2_MESSAGING__URL: url }, processes };
}

/** Resolves when a channel can be opened at `url`. */
export async function waitForAmqp(
  url: string,
  timeoutMs: number,
  { process, tls }: { readonly process?: ManagedProcess; readonly tls?: TlsFiles } = {},
): Promise<void> {
  const { connect } = await import('amqplib');
  const probe = async () => {
    const connection = await connect(url, { noDelay: true, timeout: 3_000, ...tls });
    await connection.close();
  };
  await waitUntilReady(probe, { what: 'RabbitMQ', timeoutMs, intervalMs: 150, process });
}

async function keepPassword(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept !== '') return kept.trim();
  const password = randomSecret(18);
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function writeConfiguration(folder: string, ports: RabbitmqPorts, password: string): Promise<void> {
  const lines = [
    `listeners.tcp.default = 127.0.0.1:${ports.amqp}`,
    'default_user = tramontane',
    `default_pass = ${password}`,
    'disk_free_limit.absolute = 50MB',
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    'tcp_listen_options.nodelay = true',
  ];
  await writeFile(path.join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  await writeFile(path.join(folder, 'enabled_plugins'), '[].\n');
}

function nodeEnvironment(folder: string, context: ProvisionContext, ports: RabbitmqPorts) {
  return {
    ...plainEnvironment(context.env),
    HOME: folder, // Erlang keeps its cookie there
    ERL_CRASH_DUMP: path.join(folder, 'erl_crash.dump'), // else in the folder that we were started in
    // The script then becomes the Erlang machine itself, so that signals reach it.
    RUNNING_UNDER_SYSTEMD: 'true',
    // Always the same: the node finds its data by its name. Nodes on one machine do not meet, each has its own port mapper.
    RABBITMQ_NODENAME: 'tramontane@localhost',
    RABBITMQ_DIST_PORT: String(ports.dist),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_CONF_ENV_FILE: path.join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: path.join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_DIR: path.join(folder, 'mnesia'),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: path.join(folder, 'log'),
    RABBITMQ_PID_FILE: path.join(folder, 'rabbitmq.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none',
  };
}
