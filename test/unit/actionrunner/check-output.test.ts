import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOutput } from '../../../actionrunner/dispatcher/check-output.ts';
import { pythonScriptMetadata } from '../../../actionrunner/runners/python-script/metadata.ts';

const MESSAGE = 'Error validating output. See error output for more details.';

/** How a Python action ends that returned this. */
function check(output_schema: unknown, output: unknown, more: object = {}) {
  const result = { result: output, exit_code: 0, stdout: '', stderr: '', ...more };
  return checkOutput({ output_schema }, pythonScriptMetadata, { status: 'succeeded', result });
}

function errorOf(output_schema: unknown, output: unknown, more?: object): string {
  const { status, result } = check(output_schema, output, more);
  assert.equal(status, 'failed');
  const { error, message, ...rest } = result as { readonly error: string; readonly message: string };
  assert.equal(message, MESSAGE);
  assert.deepEqual(rest, {}, 'nothing of the result is left');
  return error;
}

describe('output schema', () => {
  const user = { type: 'object', properties: { name: { type: 'string', required: true }, age: { type: 'integer' } } };

  it('leaves a result that fits as it is', () => {
    const outcome = check(user, { name: 'ada', age: 36 });
    assert.equal(outcome.status, 'succeeded');
    assert.deepEqual((outcome.result as { result: unknown }).result, { name: 'ada', age: 36 });
  });

  it('makes a failure of one that does not, and says where', () => {
    assert.equal(errorOf(user, { name: 'ada', age: 'old' }), "'old' is not of type 'integer' (at result.age)");
    assert.equal(errorOf(user, {}), "'name' is a required property (at result)");
    assert.equal(
      errorOf({ type: 'array', items: user }, [{ name: 1 }]),
      "1 is not of type 'string' (at result.0.name)",
    );
  });

  it('knows the old form, a mapping of properties, which allows no others', () => {
    assert.equal(check({ age: { type: 'integer' } }, { age: 1 }).status, 'succeeded');
    const unexpected = "Additional properties are not allowed ('b' was unexpected) (at result)";
    assert.equal(errorOf({ age: { type: 'integer' } }, { age: 1, b: 2 }), unexpected);
  });

  it('checks by the schema of the runner first', () => {
    const unexpected = "Additional properties are not allowed ('more' was unexpected)";
    assert.equal(errorOf(user, { name: 'ada' }, { more: 1 }), unexpected);
  });

  it('says that the output is missing which the action has a schema for', () => {
    const outcome = { status: 'succeeded', result: { exit_code: 0, stdout: '', stderr: '' } } as const;
    const { result } = checkOutput({ output_schema: user }, pythonScriptMetadata, outcome);
    assert.match((result as { error: string }).error, /no 'result'/);
  });

  it('checks nothing without schemas, where the run failed, or by what the API fills in', () => {
    assert.equal(check(undefined, 5).status, 'succeeded');
    assert.equal(check({ uniqueItems: false, properties: {}, secret: false }, 5).status, 'succeeded');
    const failed = { status: 'failed', result: { result: 5 } } as const;
    assert.equal(checkOutput({ output_schema: user }, pythonScriptMetadata, failed), failed);
    const shell = { status: 'succeeded', result: { stdout: 'x' } } as const;
    assert.equal(checkOutput({ output_schema: user }, { output_schema: {} }, shell), shell);
  });

  it('does not quote secrets', () => {
    const schema = { type: 'object', properties: { pin: { type: 'integer', secret: true } } };
    assert.equal(errorOf(schema, { pin: 'hush' }), "'********' is not of type 'integer' (at result.pin)");
    const whole = errorOf({ type: 'array', items: schema, maxItems: 0 }, [{ pin: 4711 }]);
    assert.doesNotMatch(whole, /4711/);
  });
});
