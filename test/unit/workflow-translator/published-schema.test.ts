import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { publishedSchemas } from '../../../workflow-translator/schema/published.ts';

describe('the published schemas', () => {
  for (const [name, schema] of Object.entries(publishedSchemas)) {
    it(`docs/schema/${name} is the one that definitions are checked with`, () => {
      const file = path.resolve('docs/schema', name);
      if (process.env.UPDATE_SCHEMAS === '1') writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
      const published: unknown = JSON.parse(readFileSync(file, 'utf8'));
      assert.deepEqual(published, JSON.parse(JSON.stringify(schema)));
    });
  }

  const validate = new Ajv2020({ strict: false }).compile(publishedSchemas['workflow.schema.json'] ?? {});
  const cases: readonly (readonly [string, boolean, unknown])[] = [
    [
      'a task',
      true,
      { action: 'std.noop', 'on-success': ['a', { b: '<% $.x %>' }], retry: { count: 1, delay: '{{ 1 }}' } },
    ],
    ['an unknown key', false, { foo: 1 }],
    ['action and workflow', false, { action: 'a', workflow: 'b' }],
    ['an empty list of transitions', false, { 'on-success': [] }],
    ['a join by expression', false, { join: '<% 2 %>' }],
  ];
  for (const [title, valid, task] of cases) {
    it(title, () => assert.equal(validate({ version: '2.0', wf: { tasks: { t: task } } }), valid));
  }

  it('reverse workflows have their own tasks', () => {
    const tasks = { a: { requires: ['b'] }, b: {} };
    assert.equal(validate({ version: 2, wf: { type: 'reverse', tasks: { ...tasks, b: { action: 'x' } } } }), true);
    assert.equal(validate({ version: 2, wf: { tasks } }), false);
  });
});
