import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { lockPack } from '../../../action-service/packs/pack-lock.ts';
import { clearLeftStaging, createStaging, placeOfOld } from '../../../action-service/packs/staging.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('what installations leave beside the packs', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const clear = () => clearLeftStaging(folder.path, pino({ level: 'silent' }));
  const names = async () => (await readdir(folder.path)).map((name) => name.replace(/^(\.staging)-.*$/, '$1')).sort();

  async function makePack(place: string, version: string): Promise<void> {
    await mkdir(place);
    await writeFile(path.join(place, 'pack.yaml'), `version: ${version}`);
  }

  /** The folder of an installation by a process that has ended since. */
  async function killedInstallation(): Promise<string> {
    const staging = await createStaging(folder.path);
    const note = path.join(staging, '.owner');
    const { pid } = spawnSync('true');
    await writeFile(note, JSON.stringify({ ...JSON.parse(await readFile(note, 'utf8')), pid }));
    return staging;
  }

  it('is cleared when its process is gone, and a pack that it had taken away is back', async () => {
    const staging = await killedInstallation();
    await makePack(placeOfOld(staging, 'one'), '1.0.0');
    await makePack(path.join(staging, 'fetched.0'), '2.0.0');
    await clear();
    assert.deepEqual(await names(), ['one']);
    assert.equal(await readFile(path.join(folder.path, 'one/pack.yaml'), 'utf8'), 'version: 1.0.0');
  });

  it('does not take the place of a pack that is there', async () => {
    const staging = await killedInstallation();
    await makePack(placeOfOld(staging, 'one'), '1.0.0');
    await makePack(path.join(folder.path, 'one'), '2.0.0');
    await clear();
    assert.deepEqual(await names(), ['one']);
    assert.equal(await readFile(path.join(folder.path, 'one/pack.yaml'), 'utf8'), 'version: 2.0.0');
  });

  it('stays as long as its process lives, or somebody else installs the pack', async () => {
    await createStaging(folder.path);
    const staging = await killedInstallation();
    await makePack(placeOfOld(staging, 'one'), '1.0.0');
    const unlock = await lockPack(folder.path, 'one', false);
    await clear();
    assert.deepEqual(await names(), ['.one.lock', '.staging', '.staging']);
    await unlock();
    await clear();
    assert.deepEqual(await names(), ['.staging', 'one']);
  });

  it('without a note of its process is cleared after an hour', async () => {
    const staging = path.join(folder.path, '.staging-before');
    await mkdir(staging);
    await clear();
    assert.deepEqual(await names(), ['.staging']);
    const early = Date.now() / 1_000 - 3_700;
    await utimes(staging, early, early);
    await clear();
    assert.deepEqual(await names(), []);
  });

  it('is nothing where there is no folder of packs yet', async () => {
    await clearLeftStaging(path.join(folder.path, 'none'), pino({ level: 'silent' }));
    assert.deepEqual(await names(), []);
  });
});
