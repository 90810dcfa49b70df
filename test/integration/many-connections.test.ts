/** Clients that open connections and say little or nothing: others are served meanwhile, and memory stays bounded. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

/** `CONNECTIONS=10000` for the long version; the shell's limit of open files has to allow for it. */
const CONNECTIONS = Number(process.env.CONNECTIONS ?? 1_000);
const MIB_PER_THOUSAND = 40;

let infrastructure: Provisioned;
let services: RunningServices;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  services = await startServices(infrastructure, { only: ['st2api', 'st2auth'], registerPacks: false });
});
after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

function open(text: string): Promise<{ readonly socket: net.Socket; readonly said: () => string }> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(services.ports.api, '127.0.0.1');
    let said = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.write(text);
      resolve({ socket, said: () => said });
    });
  });
}

test('silent and slow connections: a request beside them is answered, a slow one is refused in time', async () => {
  await services.request('GET', '/actions?limit=1');
  const [, pid] = services.pids().find(([name]) => name === 'st2api') ?? ['', 0];
  const before = await memoryOf(pid);
  const texts = ['', 'GET /v1/actions HTTP/1.1\r\nHost: x\r\nX-Slow: '];
  const clients = [];
  for (let count = 0; count < CONNECTIONS; count += 1) clients.push(await open(texts[count % texts.length] ?? ''));
  try {
    await services.request('GET', '/actions?limit=1');
    const grown = (await memoryOf(pid)) - before;
    const allowed = 20 + (MIB_PER_THOUSAND * CONNECTIONS) / 1_000;
    assert.ok(grown < allowed, `${grown.toFixed(0)} MiB more for ${CONNECTIONS} connections`);
    const slow = clients[1];
    await waitFor(() => slow?.said().startsWith('HTTP/1.1 408'), { what: 'the refusal', timeoutMs: 90_000 });
  } finally {
    for (const { socket } of clients) socket.destroy();
  }
});
