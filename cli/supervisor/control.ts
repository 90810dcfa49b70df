import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { errorMessage, TramontaneError, UnavailableError } from '../../core/errors.ts';
import { isAlive } from '../processes/pid-file.ts';
import { writeSecret } from '../start/secrets.ts';
import type { ComponentStatus } from './supervisor.ts';

/** What a supervisor can be asked to do. */
export type ControlRequest =
  | { readonly action: 'status' | 'shutdown' }
  | { readonly action: 'start' | 'stop' | 'restart'; readonly service?: string }
  | { readonly action: 'reload' | 'diagnose'; readonly args: readonly string[] };

/** Its answer: the components after the action, and the lines that the action printed. */
export interface ControlReply {
  readonly components?: readonly ComponentStatus[];
  readonly output?: string;
  /** Exit code of what was run for it. */
  readonly code?: number;
  /** One sentence; the action failed. */
  readonly error?: string;
}

/** Answers requests until it is closed. */
export interface ControlServer {
  close(): void;
}

/** The system's limit for the path of a socket is about 104 bytes. */
const longestSocketPath = 100;

function socketPath(dataFolder: string): string {
  const own = path.join(dataFolder, 'control.sock');
  if (Buffer.byteLength(own) <= longestSocketPath) return own;
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `tramontane-${name}.sock`);
}

function noteFile(dataFolder: string): string {
  return path.join(dataFolder, 'supervisor.json');
}

/**
 * Listens for `st2ctl` on a socket that only this user may open, and notes pid and socket in the data folder.
 * One request and one reply a connection, each a line of JSON.
 */
export async function serveControl(
  dataFolder: string,
  handle: (request: ControlRequest) => Promise<ControlReply>,
): Promise<ControlServer> {
  const socket = socketPath(dataFolder);
  rmSync(socket, { force: true });
  const server = net.createServer((connection) => {
    connection.on('error', () => connection.destroy());
    createInterface({ input: connection }).once('line', (line) => {
      void answer(line, handle).then((reply) => connection.end(`${JSON.stringify(reply)}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  chmodSync(socket, 0o600);
  await writeSecret(noteFile(dataFolder), `${JSON.stringify({ pid: process.pid, socket })}\n`);
  return {
    close() {
      server.close();
      rmSync(noteFile(dataFolder), { force: true });
      rmSync(socket, { force: true });
    },
  };
}

async function answer(line: string, handle: (request: ControlRequest) => Promise<ControlReply>): Promise<ControlReply> {
  try {
    return await handle(JSON.parse(line) as ControlRequest);
  } catch (error) {
    return { error: errorMessage(error) };
  }
}

/** The supervisor of a data folder, when one runs. */
export async function findSupervisor(
  dataFolder: string,
): Promise<{ readonly pid: number; readonly socket: string } | undefined> {
  try {
    const note = JSON.parse(await readFile(noteFile(dataFolder), 'utf8')) as { pid: number; socket: string };
    return isAlive(note.pid) ? note : undefined;
  } catch {
    return undefined; // none was ever started here
  }
}

/**
 * Asks the supervisor of a data folder.
 *
 * @throws UnavailableError when none runs
 * @throws TramontaneError with the supervisor's own sentence when the action failed
 */
export async function askSupervisor(dataFolder: string, request: ControlRequest): Promise<ControlReply> {
  const supervisor = await findSupervisor(dataFolder);
  if (supervisor === undefined) throw new UnavailableError(`Nothing runs in ${dataFolder}: start it with npm start.`);
  const line = await new Promise<string>((resolve, reject) => {
    const connection = net.connect(supervisor.socket);
    connection.once('error', reject);
    createInterface({ input: connection }).once('line', resolve);
    connection.once('close', () => reject(new UnavailableError('The supervisor ended before it answered.')));
    connection.write(`${JSON.stringify(request)}\n`);
  });
  const reply = JSON.parse(line) as ControlReply;
  if (reply.error !== undefined) throw new TramontaneError('CONTROL_FAILED', reply.error);
  return reply;
}
