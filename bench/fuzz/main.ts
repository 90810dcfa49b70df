/**
 * `npm run -s fuzz -- [--count N] [--seed N] [KIND…]`: feeds random and mutated inputs to the language, 100,000 of each kind unless
 * told otherwise. A line for each kind and each finding; the exit code is 0 when there are no findings.
 */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type FuzzResult, fuzz, inputAt } from './fuzz.ts';
import { FUZZ_KINDS, type FuzzKind } from './kinds.ts';

const COUNT = 100_000;
/** Without an answer for so long an input counts as one that hangs. */
const HANG_MS = 20_000;
const SHOWN = 10;

interface Task {
  readonly kind: string;
  readonly seed: number;
  readonly count: number;
  readonly place: Int32Array;
}

const kindOf = (name: string): FuzzKind | undefined => FUZZ_KINDS.find((kind) => kind.name === name);

if (isMainThread) process.exitCode = await main();
else work(workerData as Task);

function work({ kind: name, seed, count, place }: Task): void {
  const kind = kindOf(name);
  if (kind !== undefined)
    parentPort?.postMessage(fuzz(kind, seed, count, (index) => void Atomics.store(place, 0, index)));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string' }, seed: { type: 'string' } },
  });
  const count = Number(values.count ?? COUNT);
  const seed = Number(values.seed ?? 1);
  const names = positionals.length > 0 ? positionals : FUZZ_KINDS.map((kind) => kind.name);
  const unknown = names.find((name) => kindOf(name) === undefined);
  if (unknown !== undefined || !Number.isSafeInteger(count) || !Number.isSafeInteger(seed)) {
    const known = FUZZ_KINDS.map((kind) => kind.name).join(', ');
    process.stderr.write(`Usage: npm run -s fuzz -- [--count N] [--seed N] [KIND...]; kinds are ${known}.\n`);
    return 2;
  }
  let findings = 0;
  for (const kind of names) {
    const begin = performance.now();
    const result = await runWatched({ kind, seed, count });
    findings += result.findings.length;
    const seconds = ((performance.now() - begin) / 1_000).toFixed(0);
    const facts = `${result.accepted} accepted, slowest ${result.slowest.toFixed(0)} ms, ${seconds} s`;
    process.stdout.write(`${kind}: ${result.inputs} inputs, ${facts}, ${result.findings.length} findings\n`);
    for (const { index, what, input } of result.findings.slice(0, SHOWN)) {
      process.stdout.write(`  seed ${seed}, input ${index}: ${what}\n    ${JSON.stringify(input)}\n`);
    }
  }
  return findings === 0 ? 0 : 1;
}

/** Runs in a thread of its own, so that even an endless loop is told with its input. */
async function runWatched(task: Omit<Task, 'place'>): Promise<FuzzResult> {
  const place = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...task, place } });
  return await new Promise((resolve, reject) => {
    let last = -1;
    const watch = setInterval(() => {
      const index = Atomics.load(place, 0);
      if (index !== last) {
        last = index;
        return;
      }
      clearInterval(watch);
      const kind = kindOf(task.kind);
      const input = kind === undefined ? '' : inputAt(kind, task.seed, index);
      const finding = { kind: task.kind, index, what: 'does not end', input };
      resolve({ kind: task.kind, inputs: index, accepted: 0, slowest: HANG_MS, findings: [finding] });
      void worker.terminate();
    }, HANG_MS);
    worker.once('message', (result: FuzzResult) => {
      clearInterval(watch);
      resolve(result);
    });
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}
