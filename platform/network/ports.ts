import { randomInt } from 'node:crypto';
import net from 'node:net';

/** Resolves when a TCP connection to the address succeeds, rejects when it is refused or takes longer than `timeoutMs`. */
export async function connectTcp(host: string, port: number, timeoutMs = 1_000): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect({ host, port });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/** Whether we could listen on this loopback port now. */
export async function isPortFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Where free ports are looked for: above those that servers are known by, and below those that systems give to the near end of
 * outgoing connections (Linux from 32768, others from 49152). One of the latter may be taken between here and its use.
 */
const searched = { from: 15_000, to: 32_767 } as const;

const handedOut = new Set<number>();

/**
 * Finds `count` free loopback ports; none is handed out twice by one process.
 *
 * @throws Error when the range has not so many left
 */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  const size = searched.to - searched.from + 1;
  const first = randomInt(size);
  for (let step = 0; step < size && ports.length < count; step += 1) {
    const port = searched.from + ((first + step) % size);
    if (handedOut.has(port) || !(await isPortFree(port))) continue;
    handedOut.add(port);
    ports.push(port);
  }
  if (ports.length < count)
    throw new Error(`Fewer than ${count} ports from ${searched.from} to ${searched.to} are free.`);
  return ports;
}
