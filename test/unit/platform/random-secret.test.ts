import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomSecret } from '../../../platform/random-secret.ts';

test('a secret may be an argument of a command: it never looks like an option', () => {
  const secrets = Array.from({ length: 2_000 }, () => randomSecret(12));
  for (const secret of secrets) assert.match(secret, /^[A-Za-z0-9_][A-Za-z0-9_-]{15}$/);
  assert.equal(new Set(secrets).size, secrets.length);
});
