import net from 'node:net';
import tls from 'node:tls';
import type { Certificate } from './certificates.ts';

/** What {@link startTlsProxy} shows and asks for. */
export interface TlsProxyOptions {
  readonly certificate: Certificate;
  /** Authority whose certificate clients must show, PEM; none is asked for when absent. */
  readonly clientAuthority?: string;
}

/** The TLS in front of a loopback port whose server speaks none. */
export interface TlsProxy {
  readonly port: number;
  /** Connections that passed: with the right certificate of the client where one is asked for. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts a proxy that takes TLS off what is sent to a loopback port. HTTP/2 is agreed on with who asks for it, as gRPC does. */
export async function startTlsProxy(target: number, options: TlsProxyOptions): Promise<TlsProxy> {
  const { certificate, clientAuthority } = options;
  const sockets = new Set<net.Socket>();
  let passed = 0;
  const clients = clientAuthority === undefined ? {} : { ca: clientAuthority, requestCert: true };
  const server = tls.createServer({ ...certificate, ...clients, ALPNProtocols: ['h2'] }, (client) => {
    passed += 1;
    const upstream = net.connect({ host: '127.0.0.1', port: target, noDelay: true });
    client.setNoDelay(true);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  // What a refused handshake looks like is for the client to say.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    connections: () => passed,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
