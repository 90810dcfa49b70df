/** Health check of a container: each of the addresses given must answer a GET with success. */
import { errorMessage } from '../core/errors.ts';

const timeoutMs = 8_000;

try {
  await Promise.all(process.argv.slice(2).map(answers));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
}
