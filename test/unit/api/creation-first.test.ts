import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { creationFirst } from '../../../api/stream/creation-first.ts';
import { EXCHANGES } from '../../../platform/bus/bus.ts';

describe('news of an execution', () => {
  let told: string[];
  let tell: (kind: string, id: string, status: string, exchange?: string) => void;

  beforeEach(() => {
    told = [];
    const handle = creationFirst((message, kind) => told.push(`${kind} ${message.id} ${message.status}`));
    tell = (kind, id, status, exchange = EXCHANGES.execution) => handle({ id, status }, kind, exchange);
  });

  it('come after its creation, and tell of it where the word of it is late', () => {
    tell('create', 'a', 'requested');
    tell('update', 'b', 'running');
    tell('update', 'a', 'running');
    tell('create', 'b', 'requested');
    tell('update', 'b', 'succeeded');
    assert.deepEqual(told, [
      'create a requested',
      'create b requested',
      'update b running',
      'update a running',
      'update b succeeded',
    ]);
  });

  it('tell of no creation where it has gone on from something else', () => {
    tell('update', 'a', 'resuming');
    tell('update', 'a', 'running');
    tell('update', 'b', 'succeeded');
    assert.deepEqual(told, ['update a resuming', 'update a running', 'update b succeeded']);
  });

  it('drop no word of a creation that was not told with them', () => {
    tell('update', 'a', 'canceled');
    tell('create', 'a', 'requested');
    assert.deepEqual(told, ['update a canceled', 'create a requested']);
  });

  it('are told apart from other messages', () => {
    tell('create', 'a', 'running', EXCHANGES.executionOutput);
    tell('create', 'a', 'requested');
    tell('update', 'b', 'running', EXCHANGES.executionOutput);
    assert.deepEqual(told, ['create a running', 'create a requested', 'update b running']);
  });
});
