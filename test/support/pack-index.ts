import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An index of packs on loopback, as the one of StackStorm's exchange. */
export interface TestPackIndex {
  readonly url: string;
  /** What it has; may be changed at any time. */
  readonly packs: Record<string, Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

export async function startPackIndex(): Promise<TestPackIndex> {
  const packs: TestPackIndex['packs'] = {};
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ packs, metadata: { generated_ts: 1, hash: 'test' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.json`,
    packs,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
