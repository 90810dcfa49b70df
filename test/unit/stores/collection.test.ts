import assert from 'node:assert/strict';
import test from 'node:test';
import { firingId } from '../../../reactor/timers/timers-engine.ts';
import { idOf, isId } from '../../../stores/collection.ts';

test('ids of texts have the form of ids, and are those of every version of the program', () => {
  assert.ok(isId(idOf('sha1', 'a')) && isId(idOf('sha256', '')));
  assert.equal(idOf('sha1', 'core.timer@1700000000000'), 'ec1057058410514efe03b5f2');
  assert.equal(idOf('sha256', 'e 0'), '996a81b060089af87bb39d68');
  assert.equal(firingId('core.timer', 1_700_000_000_000), idOf('sha1', 'core.timer@1700000000000'));
});
