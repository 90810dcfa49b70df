import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A file that is only ever appended to. */
export interface LineFile {
  /** Writes a line, without its end. Never throws. */
  append(line: string): void;
  /** Opens the file anew, after it was moved. */
  reopen(): void;
  close(): void;
}

export interface LineFileOptions {
  readonly file: string;
  /** Told once of each time in which nothing can be written. */
  readonly onFailure: (error: unknown) => void;
}

/** What could not be written is kept up to here, and written when that is possible again. Bytes. */
const KEPT = 1024 * 1024;
/** A pipe that nobody reads is an error, not a wait. */
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK;
const OWNER_ONLY = 0o600;

/**
 * Appends at once, in the turn of the caller: to hand a line to a thread takes ten times as long. The file and its folder are made with the
 * first line.
 */
export function openLineFile({ file, onFailure }: LineFileOptions): LineFile {
  let descriptor: number | undefined;
  let left = Buffer.alloc(0);
  let isFailing = false;

  function open(): number {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, FLAGS, OWNER_ONLY);
  }

  function write(): void {
    try {
      descriptor ??= open();
      while (left.length > 0) left = left.subarray(writeSync(descriptor, left));
      isFailing = false;
    } catch (error) {
      if (!isFailing) onFailure(error);
      isFailing = true;
      // The end of a line that was begun stays.
      if (left.length > KEPT) left = left.subarray(left.length - 1);
    }
  }

  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  return {
    append(line) {
      const text = Buffer.from(`${line}\n`);
      left = left.length === 0 ? text : Buffer.concat([left, text]);
      write();
    },
    reopen: close,
    close() {
      if (left.length > 0) write();
      close();
    },
  };
}
