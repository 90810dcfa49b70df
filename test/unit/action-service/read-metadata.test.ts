import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'node:test';
import { readMetadata } from '../../../action-service/packs/read-metadata.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('metadata: truth values as PyYAML has them, so that y and n may be names', async () => {
  const folder = await temporaryFolder();
  try {
    const file = path.join(folder.path, 'a.yaml');
    await writeFile(file, 'n: 1\ny: N\nyes_: yes\nno_: Off\nlist: [on, Y, FALSE]\n');
    const expected = { n: 1, y: 'N', yes_: true, no_: false, list: [true, 'Y', false] };
    assert.deepEqual(await readMetadata(file), expected);
  } finally {
    await folder.remove();
  }
});
