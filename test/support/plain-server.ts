import net from 'node:net';

/** A server that answers anything with words that are neither TLS nor a protocol of ours. */
export async function startPlainServer(): Promise<{ readonly port: number; close(): void }> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('Who is there?'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as net.AddressInfo).port, close: () => void server.close() };
}
