/** `npm run conformance -- SUITE FILE.jsonl…`: runs recorded cases and prints a line for each failure, the counts last. */
import { errorMessage } from '../core/errors.ts';
import { runExpressionsConformance } from './conformance-expressions.ts';
import { type ConformanceCount, runMistralConformance } from './conformance-mistral.ts';

type Suite = (files: readonly string[], print: (line: string) => void) => Promise<ConformanceCount>;

const SUITES: Readonly<Record<string, Suite>> = {
  expressions: runExpressionsConformance,
  mistral: runMistralConformance,
};

async function main([name, ...files]: readonly string[]): Promise<number> {
  const suite = name !== undefined && Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
  if (suite === undefined || files.length === 0) {
    process.stderr.write(`Usage: npm run conformance -- ${Object.keys(SUITES).join('|')} FILE.jsonl...\n`);
    return 2;
  }
  const { failed } = await suite(files, (line) => void process.stdout.write(`${line}\n`));
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
