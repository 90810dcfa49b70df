/**
 * An SSH server on loopback for tests: runs commands with the local shell, and takes files over SFTP. The command `at once 3` ends with
 * this code in the same breath in which it is begun, and the client hears of both at once.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, fchmodSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import ssh2, { type ServerChannel, type SFTPWrapper } from 'ssh2';
import { killGroup } from '../../../../platform/process/kill-group.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

export interface TestSshServer {
  readonly port: number;
  readonly hostKey: string;
  /** Connections that were passed on. */
  readonly forwarded: () => number;
  close(): void;
}

export interface TestSshUser {
  readonly name: string;
  readonly password: string;
  /** Public key that is accepted, in OpenSSH's form. */
  readonly publicKey: string;
}

function serveFiles(sftp: SFTPWrapper): void {
  const handles: number[] = [];
  const attempt = (id: number, work: () => void) => {
    try {
      work();
      sftp.status(id, STATUS_CODE.OK);
    } catch {
      sftp.status(id, STATUS_CODE.FAILURE);
    }
  };
  sftp.on('MKDIR', (id, path) => attempt(id, () => mkdirSync(path)));
  sftp.on('OPEN', (id, path, flags) => {
    const mode =
      (flags & OPEN_MODE.WRITE) !== 0 ? constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC : constants.O_RDONLY;
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(handles.push(openSync(path, mode)) - 1);
    sftp.handle(id, handle);
  });
  const of = (handle: Buffer) => handles[handle.readUInt32BE(0)] as number;
  sftp.on('WRITE', (id, handle, offset, data) =>
    attempt(id, () => writeSync(of(handle), data, 0, data.length, offset)),
  );
  sftp.on('FSETSTAT', (id, handle, attributes) => attempt(id, () => fchmodSync(of(handle), attributes.mode ?? 0o600)));
  sftp.on('SETSTAT', (id, path, attributes) =>
    attempt(id, () => {
      const file = openSync(path, constants.O_RDONLY);
      fchmodSync(file, attributes.mode ?? 0o600);
      closeSync(file);
    }),
  );
  sftp.on('CLOSE', (id, handle) => attempt(id, () => closeSync(of(handle))));
  sftp.on('STAT', (id, path) => {
    try {
      sftp.attrs(id, statSync(path) as never);
    } catch {
      sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    }
  });
}

function execute(channel: ServerChannel, command: string): void {
  const atOnce = /at once (\d+)/.exec(command);
  if (atOnce !== null) {
    channel.exit(Number(atOnce[1]));
    channel.end();
    // Longer than TCP holds the second of two short messages back: the client reads both at once.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    return;
  }
  const child = spawn('/bin/sh', ['-c', command], { env: { PATH: process.env.PATH }, detached: true });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (data) => channel.write(data));
  child.stderr.on('data', (data) => channel.stderr.write(data));
  child.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.replace('SIG', ''));
    channel.end();
  });
  channel.on('close', () => killGroup(child.pid ?? 0, 'SIGKILL'));
}

export async function startSshServer(user: TestSshUser): Promise<TestSshServer> {
  const keys = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const accepted = ssh2.utils.parseKey(user.publicKey);
  if (accepted instanceof Error) throw accepted;
  let forwarded = 0;
  const clients = new Set<{ end(): unknown }>();
  const server = new ssh2.Server({ hostKeys: [keys.private] }, (client) => {
    clients.add(client);
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.username !== user.name) return context.reject();
      if (context.method === 'password' && context.password === user.password) return context.accept();
      if (context.method !== 'publickey' || !context.key.data.equals(accepted.getPublicSSH())) return context.reject();
      const isSigned = context.signature !== undefined && context.blob !== undefined;
      if (isSigned && accepted.verify(context.blob as Buffer, context.signature as Buffer) !== true)
        return context.reject();
      context.accept();
    });
    client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
      forwarded += 1;
      const channel = accept();
      const socket = connect(destPort, destIP);
      socket.on('error', () => channel.end());
      channel.pipe(socket).pipe(channel);
    });
    client.on('session', (accept) => {
      const session = accept();
      session.on('exec', (acceptExec, _reject, { command }) => execute(acceptExec(), command));
      session.on('sftp', (acceptSftp) => serveFiles(acceptSftp()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: keys.public,
    forwarded: () => forwarded,
    close() {
      for (const client of clients) client.end();
      server.close();
    },
  };
}
