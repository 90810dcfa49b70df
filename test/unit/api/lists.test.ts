import assert from 'node:assert/strict';
import test from 'node:test';
import { readAttributes } from '../../../api/lists/attributes.ts';
import {
  after,
  anyOf,
  assertIds,
  before,
  between,
  flag,
  itemOf,
  prefix,
  text,
  toFilter,
} from '../../../api/lists/filters.ts';
import { withoutOverlap } from '../../../api/lists/list.ts';
import { readPage } from '../../../api/lists/paging.ts';
import { pickAttributes, presentRecord } from '../../../api/lists/presentation.ts';
import { readSort } from '../../../api/lists/sorting.ts';
import { parseTimestamp } from '../../../api/lists/timestamps.ts';
import { countTotal } from '../../../api/lists/total.ts';
import { parseQuery } from '../../../api/server/query.ts';

const admin = { user: 'a', roles: [], isAdmin: true };
const nobody = { user: 'n', roles: [], isAdmin: false };
const page = (raw: Record<string, string>, requester = admin, fallback?: number) =>
  readPage(parseQuery({ limit: 'integer', offset: 'integer' }, raw), requester, 100, fallback);

test('paging: limits and offsets by the rules of StackStorm', () => {
  assert.deepEqual(page({}), { offset: 0 });
  assert.deepEqual(page({}, admin, 50), { limit: 50, offset: 0 });
  assert.deepEqual(page({ limit: '-1' }, admin, 50), { offset: 0 });
  assert.deepEqual(page({ limit: '1000', offset: '3' }), { limit: 1000, offset: 3 });
  assert.throws(() => page({ limit: '0' }), /Limit, "0" specified, must be a positive number or -1/);
  assert.throws(() => page({ limit: '-2' }), /Limit, "-2" specified, must be a positive number\.$/);
  assert.throws(() => page({ limit: '101' }, nobody), /maximum value is "100"/);
  assert.throws(() => page({ limit: '-1' }, nobody), /Administrator access required/);
  assert.throws(() => page({ offset: '2147483648' }), /more than 32-bit int/);
});

test('attributes: unknown ones and both lists at once are refused', () => {
  const rules = { known: ['name', 'action'], excludable: ['action'] };
  const read = (raw: Record<string, string>) =>
    readAttributes(parseQuery({ include_attributes: 'list', exclude_attributes: 'list' }, raw), rules);
  assert.deepEqual(read({ include_attributes: 'name,action.ref' }), { include: ['name', 'action.ref'] });
  assert.throws(() => read({ include_attributes: 'nonsense' }), /include attribute specified: nonsense/);
  assert.throws(() => read({ exclude_attributes: 'name' }), /exclude attribute specified: name/);
  assert.throws(() => read({ include_attributes: 'name', exclude_attributes: 'action' }), /mutually exclusive/);
});

test('attributes: of one record, mistakes are told as StackStorm tells them there', () => {
  const rules = { known: ['name', 'action'], excludable: ['action'] };
  const read = (raw: Record<string, string>) =>
    readAttributes(parseQuery({ include_attributes: 'list', exclude_attributes: 'list' }, raw), rules, 'one');
  assert.throws(() => read({ include_attributes: 'name,no.sense' }), /attribute specified: Cannot resolve field "no"$/);
  assert.throws(
    () => read({ include_attributes: 'no', exclude_attributes: 'name' }),
    /exclude attribute specified: name$/,
  );
  const both = { include_attributes: 'name', exclude_attributes: 'action' };
  assert.throws(() => read(both), /^ValidationError: exclude_attributes and include_attributes arguments are mutually/);
});

test('filters: a prefix has all names that begin with it, as the database orders them', () => {
  const filter = toFilter({ prefix: prefix('name') }, parseQuery({ prefix: 'string' }, { prefix: 'ann:' }));
  const { $gte, $lt } = filter.name as { readonly $gte: string; readonly $lt: string };
  for (const name of ['ann:', 'ann:a', 'ann:\uffee', 'ann:\u{1f600}']) {
    assert.ok(Buffer.compare(Buffer.from($gte), Buffer.from(name)) <= 0, name);
    assert.ok(Buffer.compare(Buffer.from(name), Buffer.from($lt)) < 0, name);
  }
  assert.ok(Buffer.compare(Buffer.from('ann;'), Buffer.from($lt)) > 0);
});

test('filters: texts only become conditions of the table', () => {
  const table = {
    status: text('status'),
    id: anyOf('id'),
    enabled: flag('enabled'),
    since: after('time'),
    until: before('time'),
    prefix: prefix('name'),
    tags: itemOf('tags', 'name'),
  };
  const kinds = {
    status: 'string',
    id: 'list',
    enabled: 'string',
    since: 'string',
    until: 'string',
    prefix: 'string',
    tags: 'string',
  } as const;
  const filter = (raw: Record<string, unknown>) => toFilter(table, parseQuery(kinds, raw));
  assert.deepEqual(filter({ status: '{"$ne": 1}' }), { status: '{"$ne": 1}' });
  assert.deepEqual(filter({ status: { $ne: 1 } }), { status: '[object Object]' });
  assert.deepEqual(filter({ status: 'Null', enabled: 'True' }), { status: null, enabled: true });
  assert.deepEqual(filter({ id: 'a,b' }), { id: { $in: ['a', 'b'] } });
  assert.deepEqual(filter({ since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z' }), {
    time: { $gt: new Date('2026-01-01T00:00:00Z'), $lt: new Date('2026-01-02T00:00:00Z') },
  });
  assert.deepEqual(filter({ prefix: 'a.*' }), { name: { $gte: 'a.*', $lt: 'a.*\u{10ffff}' } });
  assert.deepEqual(filter({ tags: 'x' }), { tags: { $elemMatch: { name: 'x' } } });
});

test('timestamps: ISO 8601 in UTC, anything else is refused', () => {
  assert.equal(parseTimestamp('2026-01-31T10:20:30.123456Z').toISOString(), '2026-01-31T10:20:30.123Z');
  for (const zone of ['Z', '+00', '+0000', '+00:00'])
    assert.equal(parseTimestamp(`2026-01-31 10:20:30${zone}`).toISOString(), '2026-01-31T10:20:30.000Z');
  assert.throws(() => parseTimestamp('yesterday'), /Datetime value does not match expected format\./);
  const wrong = ['2026-13-31T10:20:30Z', '2026-01-31', '2026-01-31T10:20:30', '2026-01-31T10:20:30+02:00'];
  for (const text of wrong) assert.throws(() => parseTimestamp(text), /does not match/, text);
});

test('filters: a span of time, whichever end comes first', () => {
  const filter = (time: string) => toFilter({ time: between('at') }, parseQuery({ time: 'string' }, { time }));
  const [from, to] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
  const expected = { at: { $gte: new Date(from), $lte: new Date(to) } };
  assert.deepEqual(filter(`${from}..${to}`), expected);
  assert.deepEqual(filter(`${to}..${from}`), expected);
  assert.deepEqual(filter(from), { at: { $gte: new Date(from), $lte: new Date(from) } });
  assert.throws(() => filter(`${from}..`), /does not match/);
});

test('sorting: unknown keys are skipped', () => {
  assert.deepEqual(readSort('-name,+pack,nonsense', { name: 'name', pack: 'pack' }, { id: 1 }), { name: -1, pack: 1 });
  assert.deepEqual(readSort('constructor', { name: 'name' }, { id: 1 }), { id: 1 });
});

test('presentation: timestamps have microseconds, nulls are left out', () => {
  const date = new Date('2026-01-31T10:20:30.123Z');
  assert.deepEqual(presentRecord({ a: null, b: date, c: { d: [date], e: null } }), {
    b: '2026-01-31T10:20:30.123000Z',
    c: { d: ['2026-01-31T10:20:30.123000Z'], e: null },
  });
  assert.deepEqual(pickAttributes({ id: 1, a: 2, b: 3 }, ['a.x'], undefined, ['id']), { id: 1, a: 2 });
  assert.deepEqual(pickAttributes({ id: 1, a: 2, b: 3 }, undefined, ['a'], ['id']), { id: 1, b: 3 });
  assert.deepEqual(withoutOverlap(['a.b', 'a', 'c.d', 'c.d']), ['a', 'c.d']);
});

test('attributes: an empty list is refused, and a path by its first part', () => {
  const read = (raw: Record<string, string>, excludable?: readonly string[]) =>
    readAttributes(parseQuery({ include_attributes: 'list', exclude_attributes: 'list' }, raw), {
      known: ['name'],
      ...(excludable === undefined ? {} : { excludable }),
    });
  assert.throws(() => read({ include_attributes: '' }), /include attribute specified: Cannot resolve field ""$/);
  assert.throws(() => read({ exclude_attributes: '' }), /exclude attribute specified: Cannot resolve field ""$/);
  assert.throws(() => read({ exclude_attributes: '' }, ['result']), /exclude attribute specified: $/);
  assert.throws(() => read({ include_attributes: 'a..b' }), /include attribute specified: a$/);
});

test('ids: a text that cannot be one is refused, none is the empty one', () => {
  const check = (raw: Record<string, unknown>) => assertIds(parseQuery({ id: 'list' }, raw));
  check({});
  check({ id: ['5f0000000000000000000001', '5f0000000000000000000002'] });
  assert.throws(() => check({ id: 'zzz' }), /^ValidationError: 'zzz' is not a valid ObjectId/);
  assert.throws(() => check({ id: '' }), /'' is not a valid ObjectId, it must be a 12-byte input/);
});

test('flags: what is neither true nor false is refused', () => {
  const read = (enabled: string) =>
    toFilter({ enabled: flag('enabled') }, parseQuery({ enabled: 'string' }, { enabled }));
  assert.deepEqual(read('False'), { enabled: false });
  assert.throws(() => read('bogus'), /Invalid bool representation "bogus" provided\./);
});

test('totals: that of a large list is counted once a second for each filter, that of a small one each time', async () => {
  let now = 0;
  let counts = 0;
  const holding = (stored: number) => {
    const collection = {
      async count() {
        counts += 1;
        return stored + counts;
      },
    };
    return (filter: Record<string, unknown>) => countTotal(collection, filter as never, () => now);
  };
  const large = holding(10_000);
  assert.equal(await large({ parent: null }), 10_001);
  now = 999;
  assert.equal(await large({ parent: null }), 10_001);
  assert.equal(await large({ start_timestamp: new Date(1) }), 10_002);
  assert.equal(await large({ start_timestamp: new Date(2) }), 10_003);
  assert.equal(await large({ parent: /^a/ }), 10_004);
  now = 1_000;
  assert.equal(await large({ parent: null }), 10_005);
  const small = holding(0);
  assert.notEqual(await small({}), await small({}));
});
