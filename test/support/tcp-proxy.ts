import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP proxy on loopback whose line a test may cut or slow down. */
export interface TcpProxy {
  readonly port: number;
  /** Ends every connection and refuses new ones until {@link TcpProxy.heal}. */
  cut(): void;
  /** Holds each piece back by that many milliseconds, in both directions. */
  slow(milliseconds: number): void;
  /** Lets nothing through and ends nothing: what is sent waits. */
  stall(): void;
  /** Everything passes again, at once. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a loopback port. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  let isCut = false;
  let holdMs = 0;
  let gate: Promise<void> = Promise.resolve();
  let open: () => void = () => undefined;

  const pass = (from: net.Socket, to: net.Socket) => {
    // One piece after the other: the order of a stream must stay.
    let last: Promise<unknown> = Promise.resolve();
    from.on('data', (piece) => {
      last = last.then(async () => {
        await gate;
        if (holdMs > 0) await delay(holdMs);
        if (!to.destroyed) to.write(piece);
      });
    });
    from.on('close', () => void last.then(() => to.destroy()));
    from.on('error', () => to.destroy());
  };
  const server = net.createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = net.connect({ host: '127.0.0.1', port: target, noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    pass(client, upstream);
    pass(upstream, client);
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const heal = () => {
    isCut = false;
    holdMs = 0;
    open();
    gate = Promise.resolve();
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    slow(milliseconds) {
      holdMs = milliseconds;
    },
    stall() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    heal,
    async close() {
      heal();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
