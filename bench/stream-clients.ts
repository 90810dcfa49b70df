/**
 * Many clients of the stream in one process: `stream-clients URL CLIENTS EXPECTED DEADLINE_MS`. Says when all are connected, and what has
 * arrived when everything has or the time is over.
 */
import http from 'node:http';

/** What the clients got. */
export interface Arrivals {
  /** When each event's execution reached the client that got it last, milliseconds since the epoch. */
  readonly latest: Readonly<Record<string, number>>;
  readonly arrived: number;
}

// The execution's own id is the last attribute of an event's data.
const END = Buffer.from('"}\n\n');
const ID_LENGTH = 24;

const [url = '', clients = '0', expected = '0', deadlineMs = '0'] = process.argv.slice(2);
const agent = new http.Agent({ maxSockets: Number(clients) });
const latest: Record<string, number> = {};
let arrived = 0;

/** One client, which looks at nothing but the ids: parsing would be a measure of itself. */
function connect(onReady: () => void): void {
  const request = http.get(url, { agent }, (response) => {
    let rest: Buffer = Buffer.alloc(0);
    response.on('data', (chunk: Buffer) => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const now = performance.timeOrigin + performance.now();
      let from = 0;
      for (let at = data.indexOf(END); at !== -1; at = data.indexOf(END, from)) {
        latest[data.toString('latin1', at - ID_LENGTH, at)] = now;
        arrived += 1;
        from = at + END.length;
      }
      rest = data.subarray(from);
      if (arrived === Number(expected)) report();
    });
    onReady();
  });
  request.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}

function report(): void {
  process.send?.({ latest, arrived } satisfies Arrivals);
}

await Promise.all(Array.from({ length: Number(clients) }, () => new Promise<void>((resolve) => connect(resolve))));
process.send?.('connected');
setTimeout(report, Number(deadlineMs));
