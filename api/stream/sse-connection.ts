import { PassThrough, type Readable } from 'node:stream';
import type { Join, Rounds } from './rounds.ts';

/** A client that has not taken this much is too slow; it is cut off and may come back. */
export const MAX_BUFFERED = 16 * 1024 * 1024;

/** One client's open connection. */
export interface SseConnection {
  /** What is sent as the body of the answer. */
  readonly body: Readable;
  /** Sends a frame with the next round; it must not be changed afterwards. */
  send(frame: Buffer): void;
  /** Sends a frame after all before it, and waits until the client has taken it or is gone: for what is there to be fetched. */
  sendWhenTaken(frame: Buffer): Promise<void>;
  /** Sends what is left and ends the answer in order. */
  end(): void;
  onClose(work: () => void): void;
}

/** The headers of such an answer. */
export const SSE_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;
export const SSE_TYPE = 'text/event-stream; charset=UTF-8';

const NEWLINE = Buffer.from('\n');

/** @param heartbeatSeconds time between keep-alives; one is sent at once, so that proxies pass the headers on */
export function createSseConnection(heartbeatSeconds: number, rounds: Rounds): SseConnection {
  const body = new PassThrough();
  let waiting: Buffer[] = [];
  let waitingBytes = 0;

  const isOpen = () => !body.writableEnded && !body.destroyed;
  const flush = (join: Join) => {
    const frames = waiting;
    waiting = [];
    waitingBytes = 0;
    if (frames.length > 0 && isOpen()) body.write(join(frames));
  };
  const timer = setInterval(() => {
    if (isOpen()) body.write(NEWLINE);
  }, heartbeatSeconds * 1_000);
  timer.unref();
  body.on('close', () => clearInterval(timer));
  body.write(NEWLINE);
  return {
    body,
    send(frame) {
      if (!isOpen()) return;
      if (body.writableLength + body.readableLength + waitingBytes > MAX_BUFFERED) {
        body.destroy();
        return;
      }
      waiting.push(frame);
      waitingBytes += frame.length;
      if (waiting.length === 1) rounds.ask(flush);
    },
    async sendWhenTaken(frame) {
      flush(Buffer.concat);
      if (isOpen() && frame.length > 0 && !body.write(frame)) await drained(body);
    },
    end() {
      flush(Buffer.concat);
      if (isOpen()) body.end();
    },
    onClose: (work) => {
      body.on('close', work);
    },
  };
}

function drained(body: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      body.off('drain', done);
      body.off('close', done);
      resolve();
    };
    body.on('drain', done);
    body.on('close', done);
  });
}
