import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findRunner, runners } from '../../../actionrunner/runners/index.ts';
import { RUNNER_TYPES } from '../../../actionrunner/runners/metadata.ts';

describe('runner table', () => {
  it('has a runner for each registered type, and a type for each runner', () => {
    assert.deepEqual(Object.keys(runners).sort(), RUNNER_TYPES.map(({ name }) => name).sort());
    for (const [name, runner] of Object.entries(runners)) assert.equal(runner.name, name);
  });

  it('refuses unknown names with the list of known ones, also names that every object has', () => {
    assert.throws(
      () => findRunner('perl-script'),
      /Failed to find runner perl-script\. Available runners are: action-chain, /,
    );
    assert.throws(() => findRunner('constructor'), /Failed to find runner constructor/);
  });

  it('describes each parameter', () => {
    for (const { name, runner_parameters } of RUNNER_TYPES) {
      for (const [parameter, schema] of Object.entries(runner_parameters)) {
        assert.equal(typeof schema.type, 'string', `${name}.${parameter}`);
        assert.equal(typeof schema.description, 'string', `${name}.${parameter}`);
      }
    }
  });
});
