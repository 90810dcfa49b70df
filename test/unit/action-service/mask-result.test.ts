import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createParameterRules } from '../../../action-service/parameters.ts';

const rules = createParameterRules({ stores: {} as never, keyValues: {} as never, systemUser: 'stanley' });
const MASK = '********';

/** What a client sees of a result of a runner whose action's output is under `result`. */
function shown(output_schema: object | undefined, output: unknown): unknown {
  const execution = { runner_type: 'python-script', result: { result: output, stdout: 'said', exit_code: 0 } };
  const masked = rules.maskResult({ output_schema }, { output_key: 'result' }, execution as never);
  const { result, ...rest } = masked as { readonly result: unknown };
  assert.deepEqual(rest, { stdout: 'said', exit_code: 0 }, 'the rest is as it was');
  return result;
}

describe('secret output', () => {
  const token = { type: 'string', secret: true };

  it('is masked: as a whole, in objects, in lists of objects', () => {
    assert.equal(shown({ type: 'string', secret: true }, 'hush'), MASK);
    const schema = {
      type: 'object',
      properties: {
        token,
        user: { type: 'string' },
        all: { type: 'array', items: { type: 'object', properties: { token } } },
      },
    };
    const output = { token: 'hush', user: 'ada', all: [{ token: 'hush', id: 1 }, { token: 'hush' }], more: 1 };
    const expected = { token: MASK, user: 'ada', all: [{ token: MASK, id: 1 }, { token: MASK }], more: 1 };
    assert.deepEqual(shown(schema, output), expected);
    assert.equal(output.token, 'hush', 'what is stored stays');
  });

  it('is masked with a schema of the old form, which names properties only', () => {
    assert.deepEqual(shown({ token, user: { type: 'string' } }, { token: 'hush', user: 'ada' }), {
      token: MASK,
      user: 'ada',
    });
  });

  it('is masked under names that match a pattern, and in lists with a schema for each place', () => {
    const schema = {
      type: 'object',
      patternProperties: { '^pass': { secret: true } },
      properties: { pair: { type: 'array', items: [{ type: 'string' }, { type: 'string', secret: true }] } },
    };
    assert.deepEqual(shown(schema, { password: 'hush', pair: ['ada', 'hush', 'x'] }), {
      password: MASK,
      pair: ['ada', MASK, 'x'],
    });
  });

  it('leaves alone what has no schema, or does not fit it', () => {
    assert.equal(shown(undefined, 'plain'), 'plain');
    assert.equal(shown({}, 'plain'), 'plain');
    assert.equal(shown({ type: 'object', properties: { token } }, 'no object'), 'no object');
  });
});
