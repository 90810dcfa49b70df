import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSecretNotes } from '../../../action-service/note-secrets.ts';
import { secretsIn } from '../../../platform/temporal/secret-values.ts';

/** The texts of an action's result that are known to be secret once it was noted. */
async function noted(output_schema: object, result: unknown): Promise<readonly string[]> {
  const records: Readonly<Record<string, unknown>> = {
    action: { parameters: {}, output_schema },
    runner: { runner_parameters: {}, output_key: 'result' },
  };
  const note = createSecretNotes({ get: async (key: string) => records[key] } as never);
  const execution = { action_snapshot: 'action', runner_snapshot: 'runner', runner_type: 'python-script' };
  await note({ ...execution, parameters: {}, result: { result, exit_code: 0 } } as never);
  return secretsIn(() => JSON.stringify(result));
}

describe('secrets of a result', () => {
  const token = { type: 'string', secret: true };

  it('are noted where the schema has them: the whole, in objects within lists, under patterns', async () => {
    assert.deepEqual(await noted(token, 'whole-secret'), ['whole-secret']);
    const nested = { type: 'array', items: { type: 'object', properties: { token, name: { type: 'string' } } } };
    assert.deepEqual(await noted(nested, [{ token: 'nested-secret', name: 'open-name' }]), ['nested-secret']);
    const pattern = { type: 'object', patternProperties: { '^pass': token } };
    assert.deepEqual(await noted(pattern, { password: 'pattern-secret', user: 'open-user' }), ['pattern-secret']);
  });

  it('are noted by a schema of the old form', async () => {
    assert.deepEqual(await noted({ token }, { token: 'old-secret', user: 'open-old' }), ['old-secret']);
  });
});
