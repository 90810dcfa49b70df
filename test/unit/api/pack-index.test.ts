import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createPackIndex } from '../../../api/resources/packs/pack-index.ts';

const PAGES: Readonly<Record<string, string>> = {
  '/first': JSON.stringify({
    packs: {
      aws: { ref: 'aws', name: 'aws', keywords: ['cloud', 'boto3'], description: 'Amazon' },
      cloud: { description: 'of words', name: 'cloud', keywords: [] },
      disk: { name: 'disk', description: 'in the cloud', keywords: [], email: 'aws@example.com' },
    },
  }),
  '/second': JSON.stringify({ packs: { aws: { name: 'other' }, more: { name: 'more' } } }),
  '/empty': '{}',
  '/list': '[]',
  '/none': '{"other": {}}',
  '/words': 'words',
};

let server: Server;
let base: string;

before(async () => {
  server = createServer((request, response) => {
    const page = PAGES[request.url ?? ''];
    response.writeHead(page === undefined ? 404 : 200).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const indexOf = (...names: readonly string[]) => createPackIndex(names.map((name) => `${base}/${name}`).join(','));

test('the first of several indexes goes before the others', async () => {
  const { index, status } = await indexOf('first', 'second').fetch();
  assert.deepEqual(Object.keys(index).sort(), ['aws', 'cloud', 'disk', 'more']);
  assert.equal(index.aws?.description, 'Amazon');
  assert.deepEqual(
    status.map(({ packs }) => packs),
    [2, 3],
  );
});

test('search: by whole keywords and parts of texts, names before keywords before the rest', async () => {
  const search = async (query: string) => (await indexOf('first').search(query)).map(({ name }) => name);
  assert.deepEqual(await search('CLOUD'), ['cloud', 'aws', 'disk']);
  assert.deepEqual(await search('boto'), []);
  assert.deepEqual(await search('aws'), ['aws'], 'addresses of authors are not looked at');
  // The name of the second fits too, but its description comes first.
  assert.deepEqual(await search('o'), ['aws', 'cloud', 'disk']);
});

const FAILURES = [
  ['empty', 'empty'],
  ['list', 'malformed'],
  ['none', 'malformed'],
  ['words', 'malformed'],
  ['missing', 'unresponsive'],
] as const;

for (const [name, error] of FAILURES) {
  test(`an index that gives nothing (${name}) is told, and no pack is said not to exist`, async () => {
    const index = indexOf(name);
    const { status } = await index.look();
    assert.equal(status[0]?.error, error);
    const refused = {
      code: 'VALIDATION',
      message: new RegExp(`^No results from the index: tried ${base}/${name}\\.\nStatus: \\[`),
    };
    await assert.rejects(index.search('x'), refused);
    await assert.rejects(index.find('x'), refused);
    assert.equal((await indexOf(name, 'second').find('more'))?.name, 'more');
  });
}
