import assert from 'node:assert/strict';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import fs, { stat } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { lockPack } from '../../../action-service/packs/pack-lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('the lock of an installation', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const lock = (force = false) => lockPack(folder.path, 'one', force);
  const refused = { code: 'VALIDATION', message: /^Pack "one" is being installed by somebody else\. / };
  const leave = (text: string, ageSeconds = 0) => {
    const file = path.join(folder.path, '.one.lock');
    writeFileSync(file, text);
    const time = Date.now() / 1_000 - ageSeconds;
    utimesSync(file, time, time);
  };
  const owner = (more: object) => JSON.stringify({ pid: process.pid, startTime: '-', host: hostname(), ...more });

  it('is held by one at a time, unless forced', async () => {
    const unlock = await lock();
    await assert.rejects(lock(), refused);
    await unlock();
    const again = await lock();
    await (await lock(true))();
    await again();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it("is nobody's when its owner is gone, also when the pid is another process's by now", async () => {
    leave(owner({ pid: 2 ** 22 + 1 }));
    await (await lock())();
    leave(owner({ startTime: 'long ago' }));
    await (await lock())();
    leave(owner({}));
    await assert.rejects(lock(), refused);
  });

  it('of an owner who is gone is taken over by one of two, though both have seen it', async (t) => {
    leave(owner({ pid: 2 ** 22 + 1 }));
    const look = stat;
    const stopMock = () => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    };
    let goOn: () => void = () => undefined;
    const hasSeen = new Promise<void>((seen) => {
      const slowly = async (file: string) => {
        const info = await look(file);
        stopMock();
        seen();
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        return info;
      };
      t.mock.method(fs, 'stat', slowly);
      syncBuiltinESMExports();
    });
    const first = lock();
    await hasSeen;
    const unlock = await lock();
    goOn();
    await assert.rejects(first, refused);
    await unlock();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('can be taken over where somebody was killed while taking it over', async () => {
    leave(owner({ pid: 2 ** 22 + 1 }));
    const turn = path.join(folder.path, '.one.lock.removal');
    writeFileSync(turn, '');
    await assert.rejects(lock(), refused);
    utimesSync(turn, Date.now() / 1_000 - 60, Date.now() / 1_000 - 60);
    await (await lock())();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it("is nobody's when it has stayed empty", async () => {
    leave('');
    await assert.rejects(lock(), refused);
    leave('', 60);
    await (await lock())();
  });

  it('of another host counts for an hour', async () => {
    leave(owner({ pid: 2 ** 22 + 1, host: 'elsewhere' }), 600);
    await assert.rejects(lock(), refused);
    leave(owner({ host: 'elsewhere' }), 3_700);
    await (await lock())();
  });
});
