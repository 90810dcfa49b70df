import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notifications } from '../../../actionrunner/notifier/notify-section.ts';
import type { Execution } from '../../../stores/executions.ts';

const ended = (status: string, notify: unknown) =>
  ({
    id: 'e',
    action_ref: 'core.noop',
    runner_type: 'noop',
    status,
    start_timestamp: new Date(0),
    end_timestamp: new Date(1_000),
    result: { n: 1 },
    notify,
  }) as unknown as Execution;

const send = async (status: string, notify: unknown) => {
  const payloads = await notifications(ended(status, notify), async (mapping) => mapping);
  return payloads.map(({ route, message }) => [route, message]);
};

describe('the notify section of an execution', () => {
  it('sends each subsection that applies to each of its routes', async () => {
    const notify = {
      'on-complete': { routes: ['a', 'b'] },
      'on-success': { routes: ['c'], message: 'well done' },
      'on-failure': { channels: ['d'] },
    };
    const always = [
      ['a', 'Action core.noop completed.'],
      ['b', 'Action core.noop completed.'],
    ];
    assert.deepEqual(await send('succeeded', notify), [...always, ['c', 'well done']]);
    assert.deepEqual(await send('timeout', notify), [...always, ['d', 'Action core.noop failed.']]);
    assert.deepEqual(await send('canceled', notify), always);
  });

  it('keys with an underscore count; a command from nowhere has no route', async () => {
    assert.deepEqual(await send('failed', { on_failure: { routes: ['x'] } }), [['x', 'Action core.noop failed.']]);
    assert.deepEqual(await send('succeeded', { 'on-complete': { routes: [null], message: 'm' } }), [[null, 'm']]);
    assert.deepEqual(await send('succeeded', { 'on-complete': { message: 'to nobody' } }), []);
  });
});
