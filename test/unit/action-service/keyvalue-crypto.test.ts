import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type CryptoKey,
  decryptValue,
  encryptValue,
  generateKeyFile,
  readKeyFile,
} from '../../../action-service/keyvalue/crypto.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The key of StackStorm's own tests (`st2_kvstore_tests.crypto.key.json`). */
const STACKSTORM_KEY = {
  hmacKey: { hmacKeyString: '685EWJ8U2U_c3Ulv9ibB6aa0Y9aYm-0bCwe2mqjLJuw', size: 256 },
  aesKeyString: 'eKGFrfNEUhAgX0uofaU1wQ',
  mode: 'CBC',
  size: 128,
};
/** What StackStorm 3.2 made with it of the JSON of {@link PLAIN}. */
const STACKSTORM_VALUE =
  '30303030303B1297EB86BEB463FEAD1960125FD29BAC5E2FCDABB85CC0FC802D8AC6BD95201D2325404A509B11CE3E298ECAE4A69B9A056900FE3013064FC024B3D3A44D439AE8A89E';
const PLAIN = 'geheim: ä€😀 \n';

describe('encryption of the datastore', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let key: CryptoKey;
  before(async () => {
    folder = await temporaryFolder();
    const file = path.join(folder.path, 'key.json');
    await writeFile(file, JSON.stringify(STACKSTORM_KEY));
    key = readKeyFile(file);
  });
  after(() => folder.remove());

  it('reads what StackStorm wrote', () => assert.equal(decryptValue(key, STACKSTORM_VALUE), PLAIN));

  it('reads what it wrote itself, with keys of both sizes, never twice the same', async () => {
    const file = path.join(folder.path, 'new.json');
    await writeFile(file, generateKeyFile());
    for (const one of [key, readKeyFile(file)]) {
      const [first, second] = [encryptValue(one, PLAIN), encryptValue(one, PLAIN)];
      assert.notEqual(first, second);
      assert.equal(decryptValue(one, first), PLAIN);
    }
  });

  it('refuses what was changed, cut, or made with another key', async () => {
    const file = path.join(folder.path, 'other.json');
    await writeFile(file, generateKeyFile());
    assert.throws(() => decryptValue(readKeyFile(file), STACKSTORM_VALUE), { code: 'VALIDATION' });
    for (const at of [0, 20, 60, STACKSTORM_VALUE.length - 1]) {
      const digit = STACKSTORM_VALUE[at] === '0' ? '1' : '0';
      const changed = STACKSTORM_VALUE.slice(0, at) + digit + STACKSTORM_VALUE.slice(at + 1);
      assert.throws(() => decryptValue(key, changed), { code: 'VALIDATION' }, `changed at ${at}`);
    }
    for (const wrong of ['', 'zz', STACKSTORM_VALUE.slice(0, 80)]) {
      assert.throws(() => decryptValue(key, wrong), { code: 'VALIDATION' });
    }
    assert.throws(() => readKeyFile(path.join(folder.path, 'missing.json')), /missing\.json/);
  });
});
