import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import { createRunContexts, type RunContextDeps } from '../../../actionrunner/dispatcher/run-context.ts';
import type { Execution } from '../../../stores/executions.ts';

test('what was asked for while its runner is disabled does not run', async () => {
  const records: Readonly<Record<string, object>> = {
    action: { ref: 'one.run', pack: 'one' },
    on: { name: 'noop', enabled: true },
    off: { name: 'noop', enabled: false },
  };
  const build = createRunContexts({
    services: {
      config: { packs: { base_paths: [] }, system: { user: 'stanley' } },
      stores: { packs: { findOne: async () => undefined } },
    },
    snapshots: { get: async (hash: string) => records[hash] },
    finalParameters: async () => ({ runner: {}, action: {} }),
    logger: pino({ level: 'silent' }),
  } as unknown as RunContextDeps);
  const contextWith = (runner: string) => {
    const execution = { id: 'e', context: {}, action_snapshot: 'action', runner_snapshot: runner };
    return build(execution as unknown as Execution, {} as never, new AbortController().signal);
  };
  assert.equal((await contextWith('on')).runnerType.name, 'noop');
  await assert.rejects(contextWith('off'), { message: 'Runner "noop" has been disabled by the administrator.' });
});
