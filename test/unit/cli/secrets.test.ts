import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import bcrypt from 'bcryptjs';
import { writeEnvFile } from '../../../cli/start/env-file.ts';
import { createEncryptionKey, keepSecret, updateUsers } from '../../../cli/start/secrets.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe('secrets of an installation', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const file = (name: string) => path.join(folder.path, name);
  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => {
    await folder.remove();
  });

  it('creates a secret once, for its owner only', async () => {
    assert.equal(await keepSecret(file('secret'), () => 'first'), 'first');
    assert.equal(await keepSecret(file('secret'), () => 'second'), 'first');
    assert.equal(modeOf(file('secret')), 0o600);
  });

  it('adds users, changes passwords, and leaves other lines as they are', async () => {
    writeFileSync(file('htpasswd'), 'old:$apr1$x$y\n');
    chmodSync(file('htpasswd'), 0o644);
    await updateUsers(file('htpasswd'), [{ name: 'ann', password: 'one' }]);
    await updateUsers(file('htpasswd'), [{ name: 'ann', password: 'two' }]);
    const lines = readFileSync(file('htpasswd'), 'utf8').trimEnd().split('\n');
    assert.equal(lines[0], 'old:$apr1$x$y');
    assert.equal(lines.length, 2);
    assert.equal(await bcrypt.compare('two', lines[1]?.slice('ann:'.length) ?? ''), true);
    assert.equal(modeOf(file('htpasswd')), 0o600);
  });

  it("makes a datastore key in StackStorm's format: 256 bits each, URL-safe base64 without padding", () => {
    const key = JSON.parse(createEncryptionKey());
    assert.deepEqual({ mode: key.mode, size: key.size, hmac: key.hmacKey.size }, { mode: 'CBC', size: 256, hmac: 256 });
    for (const text of [key.aesKeyString, key.hmacKey.hmacKeyString]) {
      assert.match(text, /^[\w-]{43}$/);
      assert.equal(Buffer.from(text, 'base64url').length, 32);
    }
  });

  it('quotes the file to source so that a shell reads back what was written', async () => {
    const ports = { auth: 1, api: 2, stream: 3, mistral: 4 };
    const token = "to'ken $(x)";
    await writeEnvFile(folder.path, { ports, scheme: 'http', token, temporalAddress: 'h:7', temporalNamespace: 'n' });
    const { spawnSync } = await import('node:child_process');
    const script = '. "$0"; printf %s "$ST2_AUTH_TOKEN|$ST2_API_URL|$OS_MISTRAL_URL|$TEMPORAL_ADDRESS"';
    const { stdout } = spawnSync('/bin/sh', ['-c', script, file('env')], { encoding: 'utf8' });
    assert.equal(stdout, `${token}|http://127.0.0.1:2/v1|http://127.0.0.1:4/v2|h:7`);
    assert.equal(modeOf(file('env')), 0o600);
  });
});
