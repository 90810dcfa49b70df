import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listResources, type Query } from '../../../engine/mistral-api/listing.ts';
import type { Collection } from '../../../stores/collection.ts';

interface Thing {
  readonly id: string;
  readonly name: string;
}

/** Answers with the given records and notes what was asked for. */
function fakeList(records: readonly Thing[]) {
  const asked: unknown[] = [];
  const collection = {
    find: async (filter: unknown, options: unknown) => {
      asked.push(filter, options);
      return records;
    },
    findOne: async ({ id }: { id: string }) => records.find((one) => one.id === id),
  } as unknown as Collection<Thing>;
  const spec = {
    collection,
    key: 'things',
    path: '/v2/things',
    columns: { id: 'id', name: 'name', created_at: 'created_at' },
    fields: ['id', 'name'],
    present: (one: Thing) => ({ ...one }),
  };
  return { asked, list: (query: Query) => listResources(spec, query) };
}

const two = [
  { id: 'a', name: 'x' },
  { id: 'b', name: 'y' },
];

test('a full page names the next one', async () => {
  const answer = await fakeList(two).list({ limit: '2', sort_keys: 'name' });
  assert.equal(answer.next, '/v2/things?limit=2&sort_keys=name&marker=b');
  assert.deepEqual(answer.things, two);
});

test('filters become conditions, operators of a database do not pass', async () => {
  const { asked, list } = fakeList(two);
  await list({ name: 'neq:x', 'name[$ne]': 'x', $where: '1' });
  assert.deepEqual(asked[0], { $and: [{ name: { $ne: 'x' } }, {}] });
});

test('only fields asked for, with the id', async () => {
  assert.deepEqual((await fakeList(two).list({ fields: 'name' })).things, two);
  assert.deepEqual((await fakeList(two).list({ fields: 'id' })).things, [{ id: 'a' }, { id: 'b' }]);
});

const WRONG: readonly [Query, RegExp][] = [
  [{ limit: '0' }, /Limit must be positive/],
  [{ limit: 'x' }, /Invalid input for field\/attribute limit/],
  [{ sort_dirs: 'asc,asc', sort_keys: 'name' }, /Length of sort_keys/],
  [{ sort_dirs: 'up', sort_keys: 'name' }, /Unknown sort direction/],
  [{ sort_keys: '__proto__' }, /Unknown field/],
  [{ fields: 'nothing' }, /Some fields do not exist {2}\[nothing\]/],
  [{ marker: 'z' }, /nothing with the id of the marker/],
];
for (const [query, message] of WRONG) {
  test(`refused: ${JSON.stringify(query)}`, async () => {
    await assert.rejects(fakeList(two).list(query), message);
  });
}
