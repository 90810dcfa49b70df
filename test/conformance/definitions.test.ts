/** Recorded definitions: what Mistral refuses is refused, what it accepts is accepted and makes an IR. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type CheckOptions, checkDefinition } from '../../workflow-translator/index.ts';
import { recordings } from '../support/recordings.ts';

interface DefinitionRecord {
  readonly id: string;
  readonly kind: NonNullable<CheckOptions['kind']>;
  readonly definition: string;
  readonly valid?: boolean;
  readonly message?: string;
  readonly extra_definitions?: readonly Omit<DefinitionRecord, 'id'>[];
}

const folder = path.join(recordings, 'mistral');
const skip = existsSync(folder) ? false : `there are no recorded cases at ${folder}`;

function recordsOf(name: string): readonly DefinitionRecord[] {
  if (skip !== false) return [];
  const lines = readFileSync(path.join(folder, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as DefinitionRecord);
}

/** Words of the recorded message that ours must have, too: the whole sentence where Mistral's is fixed. */
function sentenceOf(message: string): string | undefined {
  const fixed =
    /^(?:Task '.*' not found|Failed to find start tasks|Not enough inbound tasks|Workflow name cannot)[^\n]*/;
  return (
    fixed.exec(message)?.[0] ?? /^Invalid DSL: (?:.* should be non-empty|Additional properties .*)$/m.exec(message)?.[0]
  );
}

describe('definitions that Mistral refuses', { skip }, () => {
  for (const record of recordsOf('invalid')) {
    it(record.id, () => {
      const { document, problems } = checkDefinition(record.definition, { kind: record.kind });
      assert.equal(document, undefined);
      const errors = problems.filter((problem) => problem.severity === 'error');
      assert.ok(errors.length > 0);
      for (const { line, column } of errors) assert.ok(line >= 1 && column >= 1);
      const sentence = sentenceOf(record.message ?? '');
      if (sentence !== undefined) {
        const messages = errors.map((problem) => problem.message);
        assert.ok(
          messages.some((message) => message.startsWith(sentence)),
          `${sentence}\n${messages.join('\n')}`,
        );
      }
    });
  }
});

describe('definitions that Mistral accepts', { skip }, () => {
  for (const name of ['accepted', 'upstream', 'own', 'operations']) {
    for (const record of recordsOf(name)) {
      it(`${name}: ${record.id}`, () => {
        for (const { definition, kind } of [record, ...(record.extra_definitions ?? [])]) {
          const { document, problems } = checkDefinition(definition, { kind });
          assert.notEqual(document, undefined, JSON.stringify(problems, null, 2));
          assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
        }
      });
    }
  }
});
