import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { link, readFile, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, errorCode, errorMessage, TramontaneError, UnavailableError } from '../../core/errors.ts';
import { isSameProcess, type NotedProcess, noteProcess } from '../../platform/noted-process.ts';
import { removeLeft } from '../../platform/remove-left.ts';
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
  /** The system is there: whoever starts a second one is told so. */
  tellServing(): Promise<void>;
  close(): void;
}

/** Between looks at a note that somebody else is about to remove. */
const TURN_MS = 5;

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

interface Note extends NotedProcess {
  readonly socket: string;
  /** Absent while it is being started. */
  readonly serves?: boolean;
}

/**
 * Makes the data folder ours until it is closed, and listens for `st2ctl` on a socket that only this user may open.
 * One request and one reply a connection, each a line of JSON.
 *
 * @throws ConflictError when a supervisor that lives has the data folder
 */
export async function serveControl(
  dataFolder: string,
  handle: (request: ControlRequest) => Promise<ControlReply>,
): Promise<ControlServer> {
  const socket = socketPath(dataFolder);
  const note: Note = { ...noteProcess(process.pid), socket };
  await claim(dataFolder, note);
  rmSync(socket, { force: true });
  const server = net.createServer((connection) => {
    connection.on('error', () => connection.destroy());
    firstLine(connection, (line) => {
      void answer(line, handle).then((reply) => connection.end(`${JSON.stringify(reply)}\n`));
    });
  });
  const close = () => {
    server.close();
    rmSync(noteFile(dataFolder), { force: true });
    rmSync(socket, { force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    chmodSync(socket, 0o600);
  } catch (error) {
    close();
    throw error;
  }
  return {
    async tellServing() {
      await rename(await written(dataFolder, { ...note, serves: true }), noteFile(dataFolder));
    },
    close,
  };
}

/** Puts our note where nobody's is: of several that are started at once one does it. */
async function claim(dataFolder: string, note: Note): Promise<void> {
  const file = noteFile(dataFolder);
  const own = await written(dataFolder, note);
  try {
    for (;;) {
      try {
        // The note is there with all it says, or not at all.
        await link(own, file);
        return;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      const other = await findSupervisor(dataFolder);
      if (other !== undefined) {
        const what = other.serves ? 'It runs already' : 'It is being started already';
        throw new ConflictError(`${what} in ${dataFolder} (process ${other.pid}): end it with npm stop.`);
      }
      await removeLeft(file, isStale);
      // Somebody else may be about to remove it.
      await sleep(TURN_MS);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function written(dataFolder: string, note: Note): Promise<string> {
  const file = `${noteFile(dataFolder)}.${randomUUID()}`;
  await writeSecret(file, `${JSON.stringify(note)}\n`);
  return file;
}

/** The note in a file, when its process lives. */
async function readNote(file: string): Promise<Note | undefined> {
  const text = await textOf(file);
  return text === undefined ? undefined : livingNote(text);
}

/** Whether there is a note in a file, of a process that is gone. */
async function isStale(file: string): Promise<boolean> {
  const text = await textOf(file);
  return text !== undefined && livingNote(text) === undefined;
}

/** `undefined` where none was ever started. */
const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

function livingNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note;
    return isSameProcess({ pid: note.pid, startTime: note.startTime ?? '-' }) ? note : undefined;
  } catch {
    return undefined; // nobody has written it to its end
  }
}

/** Errors are the connection's matter: the interface reports them once more. */
function firstLine(connection: net.Socket, take: (line: string) => void): void {
  createInterface({ input: connection })
    .once('line', take)
    .on('error', () => undefined);
}

async function answer(line: string, handle: (request: ControlRequest) => Promise<ControlReply>): Promise<ControlReply> {
  try {
    return await handle(JSON.parse(line) as ControlRequest);
  } catch (error) {
    return { error: errorMessage(error) };
  }
}

/** The supervisor of a data folder, when one runs or is being started. */
export function findSupervisor(dataFolder: string): Promise<Note | undefined> {
  return readNote(noteFile(dataFolder));
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
    connection.once('error', (error) => {
      const sentence = `The supervisor (process ${supervisor.pid}) does not answer: ${errorMessage(error)}`;
      reject(new UnavailableError(sentence));
    });
    firstLine(connection, resolve);
    connection.once('close', () => reject(new UnavailableError('The supervisor ended before it answered.')));
    connection.write(`${JSON.stringify(request)}\n`);
  });
  const reply = JSON.parse(line) as ControlReply;
  if (reply.error !== undefined) throw new TramontaneError('CONTROL_FAILED', reply.error);
  return reply;
}
