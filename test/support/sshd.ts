import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { findOnPath } from '../../cli/provision/run-command.ts';
import { findFreePorts } from '../../platform/network/ports.ts';
import { randomSecret } from '../../platform/random-secret.ts';
import { waitFor } from './wait-for.ts';

/** OpenSSH's server on loopback, with host key and configuration of its own. */
export interface Sshd {
  readonly port: number;
  /** Who may log in with {@link privateKey}: whoever runs the tests. */
  readonly user: string;
  readonly privateKey: string;
  readonly encryptedKey: string;
  readonly passphrase: string;
  /** Type and key, as in `known_hosts`. */
  readonly hostKey: string;
  /** An account with a password, where one could be made. */
  readonly account: { readonly name: string; readonly password: string } | undefined;
  readonly folder: string;
  /** How often a login was accepted. */
  logins(): Promise<number>;
  stop(): Promise<void>;
}

/** The server's program; it asks to be called by its whole path. */
export function findSshd(): string | undefined {
  return findOnPath('sshd', process.env, ['/usr/sbin', '/usr/local/sbin']);
}

/** @param withAccount make an account with a password too, where that does no harm: as root of a machine for tests (CI) */
export async function startSshd(program: string, withAccount = false): Promise<Sshd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sshd-test-'));
  const at = (name: string) => path.join(folder, name);
  const keygen = (name: string, passphrase = '') =>
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', at(name)]);
  const passphrase = 'open "sesame"';
  keygen('host_key');
  keygen('user_key');
  keygen('encrypted_key', passphrase);
  const keys = await Promise.all(['user_key.pub', 'encrypted_key.pub'].map((name) => readFile(at(name), 'utf8')));
  await writeFile(at('authorized_keys'), keys.join(''));
  const isRoot = process.getuid?.() === 0;
  // Needed by a server of root, made by the system's own at its start.
  if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const account = withAccount && isRoot && process.env.CI !== undefined ? makeAccount() : undefined;
  const [port = 0] = await findFreePorts(1);
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: at('host_key'),
    PidFile: 'none',
    AuthorizedKeysFile: at('authorized_keys'),
    StrictModes: 'no',
    UsePAM: 'no',
    UseDNS: 'no',
    PermitRootLogin: 'yes',
    PasswordAuthentication: account === undefined ? 'no' : 'yes',
    KbdInteractiveAuthentication: 'no',
    MaxStartups: '100',
    Subsystem: 'sftp internal-sftp',
    LogLevel: 'VERBOSE',
  };
  await writeFile(
    at('sshd_config'),
    Object.entries(settings)
      .map((pair) => `${pair.join(' ')}\n`)
      .join(''),
  );
  // For the account, which is another user.
  await chmod(folder, 0o755);
  const child = spawn(program, ['-D', '-e', '-f', at('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (data: Buffer) => {
    log += data;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(log);
      return log.includes('Server listening');
    },
    { what: 'sshd listens' },
  );
  return {
    port,
    user: userInfo().username,
    privateKey: await readFile(at('user_key'), 'utf8'),
    encryptedKey: await readFile(at('encrypted_key'), 'utf8'),
    passphrase,
    hostKey: (await readFile(at('host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' '),
    account,
    folder,
    logins: async () => log.split('\n').filter((line) => /^Accepted \w+ for/.test(line)).length,
    async stop() {
      child.kill();
      await ended;
      if (account !== undefined) execFileSync('userdel', [account.name]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A user of this machine. */
function makeAccount(): Sshd['account'] {
  const name = `st2test${process.pid}`;
  const password = randomSecret(12);
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
  execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', '--password', hash, name]);
  return { name, password };
}
