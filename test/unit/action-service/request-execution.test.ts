import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import mongoose from 'mongoose';
import { createRequester } from '../../../action-service/request-execution.ts';
import { ValidationError } from '../../../core/errors.ts';
import type { Execution } from '../../../stores/executions.ts';

type Deps = Parameters<typeof createRequester>[0];

describe('a request for an execution', () => {
  let stored: Execution[];

  beforeEach(() => {
    stored = [];
  });

  /** @param render what rendering the parameters comes to */
  function requester(render: () => Promise<Readonly<Record<string, unknown>>>) {
    const records = {
      actions: { ref: 'test.greet', pack: 'test', runner_type: 'noop', enabled: true, parameters: {} },
      runnerTypes: { name: 'noop' },
    };
    const stores = {
      actions: { revision: () => 0, findOne: async () => records.actions },
      runnerTypes: { revision: () => 0, findOne: async () => records.runnerTypes },
      policies: { revision: () => 0, find: async () => [] },
      executions: {
        insert: async (execution: Execution) => void stored.push(execution),
        async insertEach(executions: readonly Execution[]) {
          stored.push(...executions);
          return executions.map(() => true);
        },
      },
    };
    return createRequester({
      stores,
      snapshots: { put: async () => 'snapshot' },
      announce: { ordered: () => undefined, created: () => undefined },
      parameters: { render, validate: () => undefined },
      traces: { prepare: async () => ({ traceId: undefined, enter: async () => undefined }) },
    } as unknown as Deps);
  }

  const request = { action: 'test.greet', parameters: { name: '{{ st2kv.system.name }}' }, user: 'somebody' };

  it('is stored with its parameters as they were rendered', async () => {
    await requester(async () => ({ name: 'Ann' }))(request);
    assert.deepEqual(
      stored.map(({ status, parameters }) => ({ status, parameters })),
      [{ status: 'requested', parameters: { name: 'Ann' } }],
    );
  });

  it('leaves a failed execution behind when its templates cannot be rendered', async () => {
    const render = async () => {
      throw new ValidationError('"nobody" is undefined');
    };
    await assert.rejects(requester(render)(request), /"nobody" is undefined/);
    assert.deepEqual(
      stored.map(({ status, parameters, result }) => ({ status, parameters, result })),
      [
        {
          status: 'failed',
          parameters: request.parameters,
          result: { error: '"nobody" is undefined', traceback: '' },
        },
      ],
    );
  });

  it('leaves nothing behind when the database goes away while its templates are rendered', async () => {
    const render = async () => {
      throw new mongoose.mongo.MongoNetworkError('connection 7 closed');
    };
    await assert.rejects(requester(render)(request), /connection 7 closed/);
    assert.deepEqual(stored, []);
  });
});
