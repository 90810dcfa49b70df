import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../../../bench/fuzz/fuzz.ts';
import { FUZZ_KINDS } from '../../../bench/fuzz/kinds.ts';

const COUNT = 500;

for (const kind of FUZZ_KINDS) {
  test(`${COUNT} inputs of kind ${kind.name}: each answered in time, each refusal a proper one`, () => {
    const { findings, accepted } = fuzz(kind, 7, COUNT);
    assert.deepEqual(
      findings.map(({ index, what, input }) => ({ index, what, input })),
      [],
    );
    if (kind.name === 'valid') assert.ok(accepted >= COUNT, 'the grammar made a workflow that was refused');
    if (['workflows', 'yaql', 'jinja'].includes(kind.name))
      assert.ok(accepted > 0 && accepted < COUNT, `${accepted} accepted`);
  });
}
