import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsFilters, listResources, pageOf, parseQueryText, type Query } from '../../../engine/mistral-api/listing.ts';
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
  await list({ name: 'neq:x', id: 'a', 'name[$ne]': 'x', $where: '1' });
  assert.deepEqual(asked[0], { $and: [{ name: { $ne: 'x' }, _id: { $eq: 'a' } }, {}] });
});

test('only fields asked for, with the id', async () => {
  assert.deepEqual((await fakeList(two).list({ fields: 'name' })).things, two);
  assert.deepEqual((await fakeList(two).list({ fields: 'id' })).things, [{ id: 'a' }, { id: 'b' }]);
});

test('a name that comes twice is a list', async () => {
  const query = parseQueryText('fields=name&fields=id&__proto__=x');
  assert.equal(query.fields, 'name,id');
  assert.deepEqual((await fakeList(two).list(query)).things, two);
});

test('what is in no collection is filtered by yes and no as clients of Python write them', () => {
  const run = { name: 'a', accepted: true };
  const fits = (accepted: string) => fitsFilters(run, ['accepted'], { accepted });
  assert.deepEqual(['True', 'true', 'eq:True', 'neq:False', 'False'].map(fits), [true, true, true, true, false]);
});

test('a page of what is in no collection begins behind its marker', () => {
  const page = (query: Query) => pageOf([...two, { id: 'c' }], query).map(({ id }) => id);
  assert.deepEqual(page({}), ['a', 'b', 'c']);
  assert.deepEqual(page({ marker: 'a', limit: '1' }), ['b']);
  assert.deepEqual(page({ marker: 'c', limit: '-1' }), []);
  assert.throws(() => page({ marker: 'z' }), { code: 'NOT_FOUND' });
});

test('sort keys are taken in capital letters', async () => {
  assert.deepEqual((await fakeList(two).list({ sort_keys: ' Name,ID' })).things, two);
});

const WRONG: readonly [Query, RegExp][] = [
  [{ limit: '0' }, /Limit must be positive/],
  [{ limit: 'x' }, /Invalid input for field\/attribute limit/],
  [{ sort_dirs: 'asc,asc', sort_keys: 'name' }, /Length of sort_keys/],
  [{ sort_dirs: 'up', sort_keys: 'name' }, /Unknown sort direction/],
  [{ sort_keys: '__proto__' }, /Unknown field/],
  [{ fields: 'nothing' }, /Some fields do not exist {2}\[nothing\]/],
  [{ created_at: 'gt:yesterday' }, /Invalid input for field\/attribute created_at/],
  [{ marker: 'z' }, /nothing with the id of the marker/],
];
for (const [query, message] of WRONG) {
  test(`refused: ${JSON.stringify(query)}`, async () => {
    await assert.rejects(fakeList(two).list(query), message);
  });
}
