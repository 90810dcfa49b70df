import { PassThrough, type Readable } from 'node:stream';
import { toFrame } from './events.ts';

/** A client that has not taken this much is too slow; it is cut off and may come back. */
const MAX_BUFFERED = 16 * 1024 * 1024;

/** One client's open connection. */
export interface SseConnection {
  /** What is sent as the body of the answer. */
  readonly body: Readable;
  send(name: string, data: string, id?: string): void;
  /** Ends the answer in order. */
  end(): void;
  onClose(work: () => void): void;
}

/** The headers of such an answer. */
export const SSE_HEADERS = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;
export const SSE_TYPE = 'text/event-stream; charset=UTF-8';

/** @param heartbeatSeconds time between keep-alives; one is sent at once, so that proxies pass the headers on */
export function createSseConnection(heartbeatSeconds: number): SseConnection {
  const body = new PassThrough();
  const write = (text: string) => {
    if (body.writableEnded || body.destroyed) return;
    if (body.writableLength + body.readableLength > MAX_BUFFERED) body.destroy();
    else body.write(text);
  };
  const timer = setInterval(() => write('\n'), heartbeatSeconds * 1_000);
  timer.unref();
  body.on('close', () => clearInterval(timer));
  write('\n');
  return {
    body,
    send: (name, data, id) => write(toFrame(name, data, id)),
    end: () => body.end(),
    onClose: (work) => {
      body.on('close', work);
    },
  };
}
