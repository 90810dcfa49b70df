import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  emptyMap,
  mapDifference,
  mapEntries,
  mapGet,
  mapHas,
  mapSet,
} from '../../../engine/conductor/persistent-map.ts';

describe('persistent map', () => {
  it('holds many keys in the order in which they came', () => {
    let map = emptyMap<number>();
    for (let index = 0; index < 5_000; index += 1) map = mapSet(map, `key${index}`, index);
    assert.equal(map.size, 5_000);
    assert.equal(mapGet(map, 'key4321'), 4321);
    assert.equal(mapHas(map, 'key5000'), false);
    assert.deepEqual(
      mapEntries(map).map(([, value]) => value),
      Array.from({ length: 5_000 }, (_, index) => index),
    );
  });

  it('a change leaves the old map as it was, and a replaced key keeps its place', () => {
    const old = mapSet(mapSet(emptyMap<number>(), 'a', 1), 'b', 2);
    const changed = mapSet(old, 'a', 3);
    assert.deepEqual(mapEntries(old), [
      ['a', 1],
      ['b', 2],
    ]);
    assert.deepEqual(mapEntries(changed), [
      ['a', 3],
      ['b', 2],
    ]);
    assert.equal(mapSet(old, 'a', 1), old);
  });

  it('the difference of related maps is what was set', () => {
    let map = emptyMap<number>();
    for (let index = 0; index < 1_000; index += 1) map = mapSet(map, `key${index}`, index);
    const changed = mapSet(mapSet(map, 'key7', -7), 'new', 1);
    const different = mapDifference(map, changed).filter(([key, value]) => mapGet(map, key) !== value);
    assert.deepEqual(different, [
      ['key7', -7],
      ['new', 1],
    ]);
    assert.ok(mapDifference(map, changed).length < 50);
    assert.deepEqual(mapDifference(changed, changed), []);
  });

  it('keys whose hashes are equal are told apart', () => {
    // FNV-1a of 32 bits gives both the same value.
    const map = mapSet(mapSet(emptyMap<string>(), 'costarring', 'first'), 'liquid', 'second');
    assert.equal(mapGet(map, 'costarring'), 'first');
    assert.equal(mapGet(map, 'liquid'), 'second');
    assert.equal(mapGet(mapSet(map, 'liquid', 'third'), 'liquid'), 'third');
    assert.equal(map.size, 2);
  });

  it('names of properties of objects are keys like others', () => {
    const map = mapSet(mapSet(emptyMap<number>(), '__proto__', 1), 'constructor', 2);
    assert.equal(mapGet(map, '__proto__'), 1);
    assert.equal(mapHas(map, 'toString'), false);
  });
});
