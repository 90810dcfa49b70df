import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownPath } from '../../../platform/http/shown-path.ts';

test('logs show neither tokens nor API keys', () => {
  assert.equal(shownPath('/keys/a?x-auth-token=secret'), '/keys/a');
  assert.equal(shownPath('/apikeys/c2VjcmV0LWtleQ?show_secrets=true'), '/apikeys/********');
  assert.equal(shownPath('/apikeys/0123456789abcdef01234567'), '/apikeys/0123456789abcdef01234567');
  assert.equal(shownPath('/apikeys'), '/apikeys');
});
