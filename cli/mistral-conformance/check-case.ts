/** One recorded case of any kind: did we do as Mistral did? */
import { errorMessage } from '../../core/errors.ts';
import { checkDefinition } from '../../workflow-translator/index.ts';
import { findDifference } from './compare.ts';
import type { RunRecord, ValidityRecord } from './record.ts';
import { runRecord } from './run-record.ts';

/** The difference in one line, `undefined` when there is none. Never throws. */
export function checkCase(record: RunRecord | ValidityRecord): string | undefined {
  try {
    if ('expected' in record) return findDifference(record.expected, runRecord(record));
    const { document, problems } = checkDefinition(record.definition, { kind: record.kind });
    const valid = document !== undefined;
    if (valid === record.valid) return undefined;
    const why = valid ? '' : ` (${problems[0]?.message ?? 'no reason'})`;
    return `valid: expected ${record.valid}${record.valid ? '' : ` (${record.message ?? ''})`}, got ${valid}${why}`;
  } catch (error) {
    return `could not be run: ${error instanceof Error ? (error.stack ?? error.message) : errorMessage(error)}`;
  }
}

/** The cases of a file in JSON lines. */
export function parseCases(text: string): readonly (RunRecord | ValidityRecord)[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as RunRecord | ValidityRecord);
}
