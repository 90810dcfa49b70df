/** Makes a test of each recorded case of a suite; skips loudly when the recordings are not at hand. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { differenceOf, isLeftOut, isOptional } from '../../cli/conformance-expressions.ts';
import { type RecordedCase, readSuite } from '../../cli/expression-conformance/recorded-cases.ts';
import { runCase } from '../../cli/expression-conformance/run-case.ts';
import { recordings } from '../support/recordings.ts';

/** @param known ids of cases in which we differ on purpose, with the reason */
export function suiteTests(
  suite: string,
  belongs: (record: RecordedCase) => boolean = () => true,
  known: Readonly<Record<string, string>> = {},
): void {
  const file = `${recordings}/expressions/${suite}.jsonl`;
  const isThere = existsSync(file);
  describe(`conformance: ${suite}`, { skip: !isThere && 'the recorded cases are not at hand' }, () => {
    if (!isThere) return;
    const { header, cases } = readSuite(readFileSync(file, 'utf8'));
    for (const record of cases.filter((one) => belongs(one) && !isLeftOut(one))) {
      const reason = known[record.id] ?? (isOptional(record) ? 'optional in the recording' : undefined);
      test(`${record.id}: ${JSON.stringify(record.expression)}`, { todo: reason }, () => {
        assert.equal(differenceOf(record, runCase(record, header)), undefined);
      });
    }
  });
}

/** True for the functions of a case. */
export function calls(...names: readonly string[]): (record: RecordedCase) => boolean {
  return (record) => record.function !== undefined && names.includes(record.function);
}
