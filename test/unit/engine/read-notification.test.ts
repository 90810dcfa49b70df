import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNotification } from '../../../engine/tracker/read-notification.ts';

const sent = {
  message_id: 'm1',
  publisher_id: 'compute.host1',
  event_type: 'compute.instance.create.start',
  priority: 'INFO',
  payload: { instance_id: 'i1' },
  timestamp: '2024-01-01 00:00:00.000000',
  _context_project_id: 'p1',
  _context_user_id: 'u1',
};
const read = {
  message_id: 'm1',
  event_type: 'compute.instance.create.start',
  params: {
    service: 'compute.host1',
    project_id: 'p1',
    user_id: 'u1',
    timestamp: '2024-01-01 00:00:00.000000',
    event_type: 'compute.instance.create.start',
    payload: { instance_id: 'i1' },
  },
};

test('a notification in the envelope of oslo.messaging', () => {
  const enclosed = { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(sent) };
  assert.deepEqual(readNotification(enclosed), read);
});

test('a notification without an envelope', () => assert.deepEqual(readNotification(sent), read));

test('the least that a notification says', () => {
  const notification = readNotification({ event_type: 'x' });
  assert.equal(notification?.message_id, undefined);
  const { timestamp, ...rest } = notification?.params ?? {};
  assert.match(String(timestamp), /^\d{4}-/);
  assert.deepEqual(rest, { service: null, project_id: null, user_id: null, event_type: 'x', payload: null });
});

for (const [what, message] of [
  ['no event type', { payload: 1 }],
  ['an event type that is no text', { event_type: 5 }],
  ['an envelope with no JSON', { 'oslo.message': '{' }],
  ['an envelope with no object', { 'oslo.message': '5' }],
  ['a list', []],
  ['a number', 7],
  ['null', null],
] as const) {
  test(`no notification: ${what}`, () =>
    assert.equal(readNotification(message as Parameters<typeof readNotification>[0]), undefined));
}
