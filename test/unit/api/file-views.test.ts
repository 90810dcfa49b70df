import assert from 'node:assert/strict';
import fs, { rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { ApiContext } from '../../../api/context.ts';
import { fileViewRoutes } from '../../../api/resources/packs/file-views.ts';
import type { ApiRequest } from '../../../api/server/route.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('files of a pack of which one is removed just before it is read', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    for (const name of ['gone.txt', 'kept.txt']) await writeFile(path.join(folder.path, name), name);
    const look = stat;
    mock.method(fs, 'stat', async (file: string) => {
      const info = await look(file);
      if (file.endsWith('gone.txt')) await rm(file);
      return info;
    });
    syncBuiltinESMExports();
  });
  afterEach(async () => {
    mock.restoreAll();
    syncBuiltinESMExports();
    await folder.remove();
  });

  function ask(route: string, name?: string) {
    const pack = { ref: 'one', files: ['gone.txt', 'kept.txt'], path: folder.path };
    const context = { stores: { packs: { findOne: async () => pack } } } as unknown as ApiContext;
    const params = { ref_or_id: 'one', ...(name === undefined ? {} : { '*': name }) };
    const { handle } = fileViewRoutes(context).find(({ path: known }) => known.startsWith(route)) ?? {};
    assert.ok(handle !== undefined);
    return handle({ params, headers: {} } as unknown as ApiRequest);
  }

  it('are listed without it', async () => {
    assert.deepEqual(await ask('/packs/views/files/'), { body: [{ file_path: 'kept.txt', content: 'kept.txt' }] });
  });

  it('do not include it when it is asked for', async () => {
    await assert.rejects(ask('/packs/views/file/', 'gone.txt'), {
      code: 'NOT_FOUND',
      message: 'File "gone.txt" not found',
    });
    assert.deepEqual((await ask('/packs/views/file/', 'kept.txt')).body, Buffer.from('kept.txt'));
  });
});
