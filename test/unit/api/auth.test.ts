import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import bcrypt from 'bcryptjs';
import { apr1 } from '../../../api/auth/apr1.ts';
import { createHtpasswdBackend, verifyPassword } from '../../../api/auth/htpasswd.ts';
import { createLoginThrottle } from '../../../api/auth/throttle.ts';
import { readBasic } from '../../../api/server/basic-auth.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('passwords: bcrypt, SHA-1 and Apache MD5 hashes are understood, others fit nothing', async () => {
  const bcryptHash = (await bcrypt.hash('secret', 4)).replace('$2b$', '$2y$');
  assert.equal(await verifyPassword('secret', bcryptHash), true);
  assert.equal(await verifyPassword('Secret', bcryptHash), false);
  assert.equal(await verifyPassword('password', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='), true);
  assert.equal(await verifyPassword('Password', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='), false);
  assert.equal(apr1('myPassword', 'r31.....'), '$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/');
  assert.equal(await verifyPassword('myPassword', '$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/'), true);
  assert.equal(await verifyPassword('plain', 'plain'), false);
});

test('htpasswd: the file is read again when it changes', async () => {
  const folder = await temporaryFolder();
  try {
    const file = path.join(folder.path, 'htpasswd');
    await writeFile(file, `# users\n\nann:${await bcrypt.hash('one', 4)}\n`);
    const backend = createHtpasswdBackend(file);
    assert.equal(await backend.authenticate('ann', 'one'), true);
    assert.equal(await backend.authenticate('bob', 'two'), false);
    await writeFile(file, `bob:${await bcrypt.hash('two', 4)}\n#more\n`);
    assert.equal(await backend.authenticate('bob', 'two'), true);
    assert.equal(await backend.authenticate('ann', 'one'), false);
  } finally {
    await folder.remove();
  }
});

test('basic header: anything malformed is refused in the same words', () => {
  const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.deepEqual(readBasic(encode('ann:a:b')), { user: 'ann', password: 'a:b' });
  for (const header of [undefined, '', 'Digest abc', 'Basic !!!notbase64', encode('nocolon'), encode(':x')]) {
    assert.throws(() => readBasic(header), /^UnauthorizedError: Invalid or missing credentials$/);
  }
});

test('throttle: after ten failures tries are refused for longer and longer', () => {
  let now = 0;
  const throttle = createLoginThrottle(() => now);
  for (let failure = 0; failure < 9; failure += 1) throttle.failed('ann');
  assert.equal(throttle.waitFor('ann'), 0);
  throttle.failed('ann');
  assert.equal(throttle.waitFor('ann'), 1);
  now = 1_000;
  assert.equal(throttle.waitFor('ann'), 0);
  throttle.failed('ann');
  assert.equal(throttle.waitFor('ann'), 2);
  assert.equal(throttle.waitFor('bob'), 0);
  throttle.succeeded('ann');
  assert.equal(throttle.waitFor('ann'), 0);
});
