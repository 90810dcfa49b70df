// `npm run conformance`: prepares the clone and hands over to the conformance runner.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { handOver } from './cli/hand-over.mjs';

await handOver(path.dirname(fileURLToPath(import.meta.url)), 'cli/conformance-main');
