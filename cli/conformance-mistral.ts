/**
 * `npm run conformance -- mistral FILE.jsonl…`: runs recorded cases of the Mistral language through the conductor.
 * Prints a line for each failure and the counts last.
 */
import { readFile } from 'node:fs/promises';
import { checkCase, parseCases } from './mistral-conformance/check-case.ts';

export interface ConformanceCount {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the files in order; `print` gets one line at a time. */
export async function runMistralConformance(
  files: readonly string[],
  print: (line: string) => void,
): Promise<ConformanceCount> {
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    for (const record of parseCases(await readFile(file, 'utf8'))) {
      const difference = checkCase(record);
      if (difference === undefined) passed += 1;
      else {
        failed += 1;
        print(`${record.id}: ${difference.replaceAll('\n', ' ')}`);
      }
    }
  }
  print(`${passed} passed, ${failed} failed`);
  return { passed, failed };
}
