import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { installPacks, type PackInstaller } from '../../../action-service/packs/install-packs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('installs a pack once that is asked for in several ways, and refuses two versions of it', async () => {
  const folder = await temporaryFolder();
  try {
    const base = path.join(folder.path, 'packs');
    const made = async (name: string, version: string) => {
      await mkdir(path.join(folder.path, name));
      await writeFile(path.join(folder.path, name, 'pack.yaml'), `name: same\nversion: ${version}\n`);
      return path.join(folder.path, name);
    };
    const [one, two, newer] = [await made('one', '1.0.0'), await made('two', '1.0.0'), await made('newer', '2.0.0')];
    const installer = {
      basePaths: [base],
      systemVersion: '3.9.0',
      report: async () => undefined,
      stage: (_stage: unknown, work: () => Promise<unknown>) => work(),
    } as unknown as PackInstaller;
    const options = { force: false, dependencies: false, complete: false, types: [] };
    assert.deepEqual(await installPacks([one, two], options, installer), ['same']);
    await assert.rejects(installPacks([one, newer], options, installer), /due to conflicts: .*newer/);
    assert.deepEqual(await readdir(base), ['same']);
  } finally {
    await folder.remove();
  }
});
