import assert from 'node:assert/strict';
import { it, mock } from 'node:test';
import { createAnnouncer } from '../../../action-service/announce.ts';
import { type Bus, EXCHANGES } from '../../../platform/bus/bus.ts';
import type { Execution } from '../../../stores/executions.ts';

function world() {
  const sent: string[] = [];
  const publish = (exchange: string, key: string, { id }: { readonly id?: unknown }) =>
    sent.push(`${exchange} ${key} ${String(id)}`);
  return { sent, announce: createAnnouncer({ publish } as unknown as Bus) };
}

const execution = (id: string, status: string) => ({ id, status }) as Execution;
const changes = (id: string, status: string) => [
  `${EXCHANGES.liveactionStatus} ${status} ${id}`,
  `${EXCHANGES.execution} update ${id}`,
];

it('says that an execution runs before its end, both at once', () => {
  const { sent, announce } = world();
  announce.changed(execution('a', 'running'));
  announce.changed(execution('b', 'running'));
  assert.deepEqual(sent, []);
  announce.ended(execution('a', 'succeeded'), true);
  assert.deepEqual(sent, [...changes('a', 'running'), ...changes('b', 'running'), ...changes('a', 'succeeded')]);
});

it('says after a moment that an execution runs when nothing else comes', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { sent, announce } = world();
    announce.changed(execution('a', 'running'));
    mock.timers.tick(10);
    assert.deepEqual(sent, changes('a', 'running'));
    announce.flush();
    assert.equal(sent.length, 2);
  } finally {
    mock.timers.reset();
  }
});

it('hands an end to the notifier unless it is quiet', () => {
  const { sent, announce } = world();
  announce.ended(execution('a', 'failed'), true);
  assert.deepEqual(sent, changes('a', 'failed'));
  announce.ended(execution('b', 'failed'), false);
  assert.ok(sent.includes(`${EXCHANGES.executionEnd} failed b`));
});
