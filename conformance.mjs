// `npm run -s conformance -- expressions FILE.jsonl…` and `… -- mistral FILE.jsonl…`: runs recorded cases of the originals.
// A line for each failure, and last `N passed, N failed`; the exit code is 0 only when none failed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PreparationError, prepare } from './cli/prepare.mjs';

const runners = {
  expressions: { program: 'cli/conformance-expressions', run: 'runExpressionsConformance' },
  mistral: { program: 'cli/conformance-mistral', run: 'runMistralConformance' },
};

const root = path.dirname(fileURLToPath(import.meta.url));
const [kind = '', ...files] = process.argv.slice(2);

process.exitCode = await main();

async function main() {
  const runner = Object.hasOwn(runners, kind) ? runners[kind] : undefined;
  if (runner === undefined || files.length === 0) {
    return refuse(`Usage: npm run -s conformance -- ${Object.keys(runners).join('|')} FILE.jsonl…`);
  }
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) return refuse(`There is no file ${missing}.`);
  try {
    await prepare(root, process.stderr);
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    return refuse(error.message);
  }
  const program = path.join(root, 'dist', `${runner.program}.js`);
  if (!existsSync(program)) return refuse(`This version has no ${runner.program}.`);
  const { [runner.run]: run } = await import(pathToFileURL(program));
  const { failed } = await run(files, (line) => process.stdout.write(`${line}\n`));
  return failed === 0 ? 0 : 1;
}

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  return 2;
}
