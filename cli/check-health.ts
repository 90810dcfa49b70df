/**
 * Health check of a container. With addresses as arguments each must answer a GET with success; without, the process beside it
 * has no port of its own, and what it cannot work without must accept connections: database, bus and Temporal.
 */
import { errorMessage } from '../core/errors.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { connectTcp } from './provision/ports.ts';

const timeoutMs = 5_000;

try {
  const urls = process.argv.slice(2);
  await Promise.all(urls.length > 0 ? urls.map(answers) : neededAddresses().map(accepts));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}

function neededAddresses(): readonly string[] {
  const config = loadConfig(process.env);
  return [config.database.uri, config.messaging.url, `temporal://${config.temporal.address}`];
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
}

async function accepts(address: string): Promise<void> {
  // Addresses of several hosts (a replica set) count as one: the first is asked.
  const first = address.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?/, '').split(/[/,?]/)[0] ?? '';
  const at = first.lastIndexOf(':');
  const host = at === -1 ? first : first.slice(0, at);
  const port = at === -1 ? defaultPort(address) : Number(first.slice(at + 1));
  try {
    await connectTcp(host, port, timeoutMs);
  } catch (error) {
    throw new Error(`${host}:${port} does not accept connections: ${errorMessage(error)}`);
  }
}

function defaultPort(address: string): number {
  if (address.startsWith('amqps')) return 5_671;
  return address.startsWith('amqp') ? 5_672 : 27_017;
}
