import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { projectRoot } from '../../cli/project-paths.ts';
import { cacheFolder } from '../../cli/provision/cache.ts';
import { silentProgress } from '../../cli/provision/progress.ts';
import { ensurePythonPackages } from '../../cli/provision/python.ts';

/** What the test's WinRM service has seen. */
export interface WinRmState {
  readonly shells: number;
  readonly running: number;
  readonly logins: readonly string[];
  readonly sealed: number;
  readonly plain: number;
  readonly longest: number;
  readonly lines: readonly string[];
}

/** A WinRM service on loopback, written in Python with the parts that other clients are tested with. */
export interface WinRmHost {
  readonly port: number;
  readonly folder: string;
  state(): Promise<WinRmState>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** The interpreter that has pywinrm. */
export async function winRmPython(): Promise<string> {
  const context = { env: process.env, cacheFolder: cacheFolder(process.env), progress: silentProgress };
  const { python } = await ensurePythonPackages('winrm-1', ['pywinrm==0.5.0', 'pyspnego==0.12.4'], context);
  return python;
}

/** @param users lines `DOMAIN:user:password` */
export async function startWinRmHost(
  scheme: 'http' | 'https',
  users: readonly string[],
  hash: 'sha256' | 'sha384' = 'sha256',
): Promise<WinRmHost> {
  const python = await winRmPython();
  const folder = await mkdtemp(path.join(tmpdir(), 'winrm-test-'));
  await writeFile(path.join(folder, 'users'), `${users.join('\n')}\n`);
  if (scheme === 'https') {
    const files = ['-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      `-${hash}`,
      ...files,
      ...subject,
    ]);
  }
  const certificate = scheme === 'https' ? await readFile(path.join(folder, 'certificate.pem')) : undefined;
  const child = spawn(python, [path.join(projectRoot, 'test', 'support', 'winrm-server.py'), folder, scheme], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, CERTIFICATE_HASH: hash },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`The WinRM service of the test ended with code ${code}.`)));
  });
  return {
    port,
    folder,
    state: async () => JSON.parse(await read(`${scheme}://127.0.0.1:${port}/state`, certificate)) as WinRmState,
    async stop() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function read(url: string, certificate: Buffer | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const get = certificate === undefined ? httpGet : httpsGet;
    const options = certificate === undefined ? { agent: false as const } : { agent: false as const, ca: certificate };
    get(url, options, (response) => resolve(text(response))).once('error', reject);
  });
}
