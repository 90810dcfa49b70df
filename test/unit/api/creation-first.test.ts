import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { creationFirst } from '../../../api/stream/creation-first.ts';
import { EXCHANGES } from '../../../platform/bus/bus.ts';

describe('news of an execution', () => {
  let told: string[];
  let tell: (kind: string, id: string, status: string) => void;
  let print: (id: string, executionId: string) => void;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    told = [];
    const handle = creationFirst((message, kind) => told.push(`${kind} ${message.id} ${message.status ?? ''}`.trim()));
    tell = (kind, id, status) => handle({ id, status }, kind, EXCHANGES.execution);
    print = (id, executionId) => handle({ id, execution_id: executionId }, 'create', EXCHANGES.executionOutput);
  });

  afterEach(() => mock.timers.reset());

  it('wait for the word of its creation, with all that follows, and keep nothing else waiting', () => {
    tell('update', 'a', 'running');
    print('output', 'a');
    tell('update', 'a', 'succeeded');
    tell('update', 'b', 'canceled');
    assert.deepEqual(told, ['update b canceled']);
    tell('create', 'a', 'requested');
    assert.deepEqual(told.slice(1), ['create a requested', 'update a running', 'create output', 'update a succeeded']);
  });

  it('do not wait where the creation was told', () => {
    tell('create', 'a', 'requested');
    tell('update', 'a', 'running');
    assert.deepEqual(told, ['create a requested', 'update a running']);
  });

  it('wait for half a second, once, where nobody tells of it', () => {
    tell('update', 'a', 'running');
    mock.timers.tick(499);
    assert.deepEqual(told, []);
    mock.timers.tick(1);
    tell('update', 'a', 'running');
    assert.deepEqual(told, ['update a running', 'update a running']);
  });
});
