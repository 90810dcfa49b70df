import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_EVENTS, matchesPattern, toFrame, wants } from '../../../api/stream/events.ts';

const patterns: readonly [string, string, boolean][] = [
  ['st2.execution__update', 'st2.execution__update', true],
  ['st2.execution__update', 'st2.execution__create', false],
  ['st2.announcement__*', 'st2.announcement__chatops', true],
  ['st2.*__create', 'st2.execution.output__create', true],
  ['*', 'anything', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'a1c2b', false],
  ['ab*ab', 'ab', false],
];

for (const [pattern, name, expected] of patterns) {
  test(`events: ${pattern} ${expected ? 'takes' : 'leaves'} ${name}`, () =>
    assert.equal(matchesPattern(pattern, name), expected));
}

test('events: filters on name, action and execution all have to fit', () => {
  const event = { name: 'st2.execution__update', data: '{}', actionRef: 'core.local', executionId: 'abc' };
  assert.equal(wants({ events: DEFAULT_EVENTS }, event), true);
  assert.equal(wants({ events: DEFAULT_EVENTS }, { ...event, name: 'st2.execution.output__create' }), false);
  assert.equal(wants({ events: DEFAULT_EVENTS, actionRefs: ['core.noop'] }, event), false);
  assert.equal(wants({ events: DEFAULT_EVENTS, executionIds: ['abc'] }, event), true);
  assert.equal(
    wants({ events: DEFAULT_EVENTS, executionIds: ['x'] }, { name: 'st2.execution__update', data: '{}' }),
    false,
  );
});

test('frames: event, id where there is one, data, blank line', () => {
  assert.equal(toFrame('EOF', "''"), "event: EOF\ndata: ''\n\n");
  assert.equal(toFrame('a', '{}', '1-2'), 'event: a\nid: 1-2\ndata: {}\n\n');
});
