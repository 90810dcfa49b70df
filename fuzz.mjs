// `npm run -s fuzz -- [--count N] [KIND…]`: prepares the clone and hands over to the fuzzer.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { handOver } from './cli/hand-over.mjs';

await handOver(path.dirname(fileURLToPath(import.meta.url)), 'bench/fuzz/main');
