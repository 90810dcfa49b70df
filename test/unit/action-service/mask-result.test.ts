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

describe('the result of a workflow', () => {
  const schemas = {
    password: { type: 'string', secret: true },
    pin: { type: 'string', secret: true, default: '12' },
    login: { type: 'object', properties: { key: { type: 'string', secret: true } } },
    host: { type: 'string' },
  };
  const parameters = { password: 'hush-hush', login: { key: 'door-key' }, host: 'h1' };

  function within(result: unknown, secrets: readonly unknown[] = []): unknown {
    const execution = { runner_type: 'mistral-v2', parameters, result };
    return rules.maskResult({ parameters: schemas }, { runner_parameters: {} }, execution as never, secrets);
  }

  it('shows no secret parameter, in the inputs of tasks or in their errors; short ones are masked as whole texts', () => {
    const result = {
      tasks: [
        {
          input: { pass: 'hush-hush', all: ['door-key', 'h1'], pin: '12', count: 12 },
          state_info: "no 'hush-hush' at 12:12",
        },
      ],
    };
    const input = { pass: MASK, all: [MASK, 'h1'], pin: MASK, count: 12 };
    assert.deepEqual(within(result), { tasks: [{ input, state_info: `no '${MASK}' at 12:12` }] });
    assert.equal(result.tasks[0]?.input.pass, 'hush-hush', 'what is stored stays');
  });

  it('shows nothing that results of tasks hold in secret', () => {
    assert.deepEqual(within({ a: 'x given-out x', b: 123456, c: 5 }, ['given-out', { deep: [123456, 5] }]), {
      a: `x ${MASK} x`,
      b: MASK,
      c: 5,
    });
  });

  it('masks the longer of two secrets whole', () => {
    assert.deepEqual(within(['secret-and-more', 'secret'], ['secret', 'secret-and-more']), [MASK, MASK]);
  });
});
