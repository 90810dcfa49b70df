/** One SSH connection, as promises: connect (through a bastion host if asked), run a command, copy files. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientChannel, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { readStream } from '../../process/run-process.ts';
import { createTextCollector } from '../../process/text-collector.ts';
import type { OutputSink, Values } from '../contract.ts';
import type { AcceptHostKey } from './known-hosts.ts';

const READY_TIMEOUT_MS = 20_000;
const DEFAULT_PORT = 22;
const SCRIPT_MODE = 0o744;
/** How long an ended command may take to end. */
const LINGER_MS = 5_000;

export interface SshTarget {
  readonly host: string;
  readonly port: number;
}

export type SshCredentials = Pick<ConnectConfig, 'username' | 'password' | 'privateKey' | 'passphrase'>;

/** A command took too long; what came until then is in it. */
export class SshTimeoutError extends Error {
  readonly stdout: string;
  readonly stderr: string;
  constructor(seconds: number, stdout: string, stderr: string) {
    super(`Command didn't finish in ${seconds} seconds`);
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export interface RemoteEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RemoteCommand {
  readonly command: string;
  readonly input: string | undefined;
  readonly timeout: number | undefined;
  readonly signal: AbortSignal;
  readonly output: OutputSink;
  readonly maxOutput: number;
  /** What runs it as another user, such as `sudo -S --`, and has to run what ends it too. */
  readonly runAs?: { readonly prefix: string; readonly input: string | undefined };
}

export interface SshConnection {
  run(command: RemoteCommand): Promise<RemoteEnd>;
  /** Copies a file, executable for its owner, or a folder with all in it. */
  copy(localPath: string, remotePath: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  close(): void;
}

/** `host`, `host:port`, `[address]:port` or a bare IPv6 address. */
export function parseTarget(text: string, port: number | undefined): SshTarget {
  const fallback = port ?? DEFAULT_PORT;
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: Number(bracketed[2] ?? fallback) };
  const plain = /^([^:]+):(\d+)$/.exec(text);
  if (plain !== null) return { host: plain[1] ?? '', port: Number(plain[2]) };
  return { host: text, port: fallback };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** How to log in. @throws Error when neither password nor key is given or found */
export async function sshCredentials(
  parameters: Values,
  system: { readonly user: string; readonly keyFile: string },
): Promise<SshCredentials> {
  const username = isText(parameters.username) ? parameters.username : system.user;
  if (isText(parameters.password)) return { username, password: parameters.password };
  const given = parameters.private_key;
  const passphrase = isText(parameters.passphrase) ? { passphrase: parameters.passphrase } : {};
  if (isText(given) && /private key-----/i.test(given)) return { username, privateKey: given, ...passphrase };
  const named = isText(given) ? given : system.keyFile;
  const files = isText(named)
    ? [named]
    : ['stanley_rsa', 'id_ed25519', 'id_rsa'].map((name) => join(homedir(), '.ssh', name));
  for (const file of files) {
    const privateKey = await readFile(file, 'utf8').catch(() => undefined);
    if (privateKey !== undefined) return { username, privateKey, ...passphrase };
  }
  if (isText(named)) throw new Error(`The private key file "${named}" cannot be read.`);
  throw new Error('Either password or key file location or key material should be supplied for action.');
}

function open(config: ConnectConfig, signal: AbortSignal): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const stop = () => {
      client.destroy();
      reject(new Error('stopped while connecting'));
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) return stop();
    client.once('ready', () => {
      signal.removeEventListener('abort', stop);
      resolve(client);
    });
    // For good: errors after the login show at whatever is under way, and must not end this process.
    client.on('error', (error) => {
      client.destroy();
      reject(error);
    });
    // A host that has too many connections, or bans this one, hangs up without an error.
    client.once('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new Error('The host closed the connection before the login was done.'));
    });
    client.connect(config);
  });
}

/** @throws Error when the host cannot be reached, shows another key than the recorded one, or refuses the credentials */
export async function connectSsh(
  target: SshTarget,
  credentials: SshCredentials,
  bastion: SshTarget | undefined,
  accept: AcceptHostKey,
  signal: AbortSignal,
): Promise<SshConnection> {
  const configOf = ({ host, port }: SshTarget): ConnectConfig => ({
    ...credentials,
    host,
    port,
    readyTimeout: READY_TIMEOUT_MS,
    keepaliveInterval: 15_000,
    hostVerifier: (key: Buffer) => accept(host, port, key),
  });
  const through = bastion === undefined ? undefined : await open(configOf(bastion), signal);
  try {
    const config = configOf(target);
    const sock = through === undefined ? undefined : await forward(through, target);
    return toConnection(await open(sock === undefined ? config : { ...config, sock }, signal), through);
  } catch (error) {
    through?.end();
    throw error;
  }
}

function forward(client: Client, { host, port }: SshTarget): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

function toConnection(client: Client, through: Client | undefined): SshConnection {
  let sftp: Promise<SFTPWrapper> | undefined;
  const files = () => {
    sftp ??= new Promise((resolve, reject) =>
      client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper))),
    );
    return sftp;
  };
  const done = (work: (callback: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => work((error) => (error ? reject(error) : resolve())));

  const connection: SshConnection = {
    run: (command) => runCommand(client, command),
    async makeFolder(path) {
      const wrapper = await files();
      await done((callback) => wrapper.mkdir(path, { mode: 0o700 }, callback));
    },
    async copy(localPath, remotePath) {
      const wrapper = await files();
      const info = await stat(localPath);
      if (!info.isDirectory()) {
        await done((callback) => wrapper.fastPut(localPath, remotePath, callback));
        await done((callback) => wrapper.chmod(remotePath, SCRIPT_MODE, callback));
        return;
      }
      await connection.makeFolder(remotePath);
      for (const name of await readdir(localPath))
        await connection.copy(join(localPath, name), `${remotePath}/${name}`);
    },
    close() {
      client.end();
      through?.end();
    },
  };
  return connection;
}

/**
 * Ends what other commands of the same connection started: the server runs each as the leader of a session, all of them its
 * children, as this one is. OpenSSH's way of signals is not enough: it has none for root, and none before 7.9.
 */
const END_OTHERS = `sh -c 'ps -A -o pid= -o ppid= | while read -r pid parent; do \
if [ "$parent" = "$1" ] && [ "$pid" != "$2" ]; then kill -KILL "-$pid"; fi; done' end "$PPID" "$$"`;

function openChannel(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
}

async function endOthers(client: Client, { runAs }: RemoteCommand): Promise<void> {
  const channel = await openChannel(client, `${runAs?.prefix ?? ''} ${END_OTHERS}`);
  await new Promise<void>((resolve) => {
    channel.once('close', () => resolve());
    channel.resume();
    channel.stderr.resume();
    channel.end(runAs?.input);
  });
}

async function runCommand(client: Client, request: RemoteCommand): Promise<RemoteEnd> {
  const { timeout, signal, output, maxOutput } = request;
  const channel = await openChannel(client, request.command);
  const stdout = createTextCollector(maxOutput);
  const stderr = createTextCollector(maxOutput);
  let timedOut = false;
  let giveUp: () => void = () => undefined;
  const gaveUp = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  let linger: NodeJS.Timeout | undefined;
  const stop = () => {
    linger ??= setTimeout(giveUp, LINGER_MS);
    channel.signal('KILL');
    // A host without what it takes, or that is gone, is not waited for.
    endOthers(client, request).catch(() => undefined);
  };
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(
          () => {
            timedOut = true;
            stop();
          },
          Math.min(timeout * 1000, 2 ** 31 - 1),
        );
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    let exitCode = -1;
    const exited = new Promise<void>((resolve) => {
      const ended = (code: number | null | undefined) => {
        // `null` of one that was ended by a signal, `undefined` where the host hung up without a word.
        if (code !== undefined) exitCode = code ?? -9;
        resolve();
      };
      channel.once('exit', ended);
      // It says the code again, for who was not there yet: a quick end may come in one piece with the word of the start.
      channel.once('close', ended);
    });
    if (request.input !== undefined) channel.write(request.input);
    channel.end();
    const reading = Promise.all([
      readStream(channel, 'stdout', stdout, output),
      readStream(channel.stderr, 'stderr', stderr, output),
    ]);
    await Promise.race([Promise.all([exited, reading]), gaveUp]);
    if (timedOut) throw new SshTimeoutError(timeout ?? 0, stdout.text(), stderr.text());
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    clearTimeout(timer);
    clearTimeout(linger);
    signal.removeEventListener('abort', stop);
    channel.close();
  }
}
