/**
 * `npm run conformance -- expressions FILE.jsonl…`: runs recorded cases of YAQL, Jinja and the functions of expressions.
 * Prints a line for each failure and the counts last.
 *
 * Recordings hold outcomes of several releases of StackStorm; ours is the behaviour of the present one (`master`), and
 * cases that only older ones gave are left out. Two quirks of recent Mistral releases are documented as optional: with
 * converted input its JSON writers refuse dicts and `jsonpath_query` does not find `..`. We do what was meant.
 */
import { readFile } from 'node:fs/promises';
import { errorMessage } from '../core/errors.ts';
import { pyRepr } from '../core/python/repr.ts';
import { type RecordedCase, readSuite, sameValue } from './expression-conformance/recorded-cases.ts';
import { type Outcome, runCase } from './expression-conformance/run-case.ts';

export interface ExpressionCount {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the files in order; `print` gets one line at a time. */
export async function runExpressionsConformance(
  files: readonly string[],
  print: (line: string) => void,
): Promise<ExpressionCount> {
  const count = { passed: 0, failed: 0, otherRelease: 0, optional: 0 };
  for (const file of files) {
    const { header, cases } = readSuite(await readFile(file, 'utf8'));
    for (const record of cases) {
      if (isLeftOut(record)) {
        count.otherRelease += 1;
        continue;
      }
      const difference = differenceOf(record, runCase(record, header));
      if (difference === undefined) count.passed += 1;
      else if (isOptional(record)) count.optional += 1;
      else {
        count.failed += 1;
        print(`${record.id}: ${difference.replaceAll('\n', ' ')}`);
      }
    }
  }
  if (count.otherRelease > 0) print(`${count.otherRelease} cases of another release left out`);
  if (count.optional > 0) print(`${count.optional} optional cases differ`);
  print(`${count.passed} passed, ${count.failed} failed`);
  return { passed: count.passed, failed: count.failed };
}

/** What is wrong with an outcome: `expected …, got …`, or nothing. */
export function differenceOf(record: RecordedCase, outcome: Outcome): string | undefined {
  const expression = typeof record.expression === 'string' ? record.expression : JSON.stringify(record.expression);
  const got =
    outcome.errorKind === undefined
      ? pyRepr(outcome.value)
      : `${outcome.errorKind}${outcome.error === undefined ? '' : ` (${errorMessage(outcome.error)})`}`;
  if (record.error !== undefined) {
    const kind = record.error.split(':')[0];
    return outcome.errorKind === kind ? undefined : `${expression} expected ${record.error}, got ${got}`;
  }
  const isSame = outcome.errorKind === undefined && sameValue(outcome.value, record.expected, record.compare === 'set');
  return isSame ? undefined : `${expression} expected ${pyRepr(record.expected)}, got ${got}`;
}

/** A case that only older releases of StackStorm gave. */
export function isLeftOut(record: RecordedCase): boolean {
  return record.versions?.includes('master') === false;
}

/** A case in which the recording allows either outcome. */
export function isOptional(record: RecordedCase): boolean {
  if (record.language !== 'yaql') return false;
  if (record.error?.includes('FrozenDict is not JSON serializable') === true) return true;
  const usesDescent = /jsonpath_query\(.*\.\./.test(String(record.expression));
  return record.suite === 'st2mistral-functions' && usesDescent && record.expected === null;
}
