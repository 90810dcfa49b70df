import assert from 'node:assert/strict';
import test from 'node:test';
import { BEST_MATCH, findProblem } from '../../../api/server/json-schema.ts';

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 2 },
    count: { type: 'integer', maximum: 5 },
    mode: { enum: ['a', 'b'] },
  },
  required: ['name'],
  additionalProperties: false,
};

const cases: readonly [unknown, string | undefined][] = [
  [{ name: 'ok', count: 5, mode: 'a' }, undefined],
  [[], "[] is not of type 'object'"],
  ['text', "'text' is not of type 'object'"],
  [{}, "'name' is a required property"],
  [{ name: 1 }, "1 is not of type 'string'"],
  [{ name: 'x' }, "'x' is too short"],
  [{ name: 'ok', count: 6 }, '6 is greater than the maximum of 5'],
  [{ name: 'ok', count: true }, "True is not of type 'integer'"],
  [{ name: 'ok', mode: 'c' }, "'c' is not one of ['a', 'b']"],
  [{ name: 'ok', extra: 1 }, "Additional properties are not allowed ('extra' was unexpected)"],
  [{ name: 'ok', x: 1, y: 2 }, "Additional properties are not allowed ('x', 'y' were unexpected)"],
];

for (const [value, expected] of cases) {
  test(`schema: ${JSON.stringify(value)} gives ${expected ?? 'no problem'}`, () => {
    assert.equal(findProblem(schema, value), expected);
  });
}

test('schema: keywords are tried in the order in which the schema lists them', () => {
  assert.equal(findProblem({ ...schema, required: ['name'] }, { extra: 1 }), "'name' is a required property");
  const extraFirst = { type: 'object', additionalProperties: false, required: ['name'] };
  assert.match(findProblem(extraFirst, { extra: 1 }) ?? '', /^Additional properties/);
});

test('schema: null is let through where the schema says so', () => {
  assert.equal(findProblem({ type: 'string', nullable: true }, null), undefined);
  assert.equal(findProblem({ type: ['integer', 'null'] }, 'abc'), "'abc' is not of type 'integer', 'null'");
});

test('schema: names of the prototype are not properties', () => {
  assert.equal(
    findProblem(schema, { name: 'ok', constructor: 1 }),
    "Additional properties are not allowed ('constructor' was unexpected)",
  );
  assert.equal(findProblem({ type: 'object', required: ['toString'] }, {}), "'toString' is a required property");
});

const STRUCTURED = { type: 'object', properties: { show: { type: 'array' } } };

const model = {
  ...BEST_MATCH,
  type: 'object',
  properties: {
    name: { type: 'string' },
    formats: { type: 'array', items: { anyOf: [{ type: 'string' }, STRUCTURED] } },
    action: {
      type: 'object',
      properties: { ref: { type: 'string' }, parameters: { type: 'object' } },
      required: ['ref'],
      additionalProperties: false,
    },
    pack: { type: 'string' },
  },
  required: ['name', 'action'],
  additionalProperties: false,
};

const best: readonly [unknown, string | undefined][] = [
  [{ name: 'a', action: { ref: 'b' } }, undefined],
  [[], "[] is not of type 'object'"],
  [{ extra: 1, pack: 1 }, "Additional properties are not allowed ('extra' was unexpected)"],
  [{ pack: 1 }, "'name' is a required property"],
  [{ name: 1, pack: 1 }, "1 is not of type 'string'"],
  [{ name: 'a', action: {}, pack: 1 }, "1 is not of type 'string'"],
  [{ name: 'a', action: { more: 1 } }, "Additional properties are not allowed ('more' was unexpected)"],
  [{ name: 'a', action: { parameters: 1 } }, "'ref' is a required property"],
  [{ name: 'a', action: { ref: 'b' }, formats: [1] }, "1 is not of type 'string'"],
  [{ name: 'a', action: { ref: 'b' }, formats: [{ show: 'x' }] }, "'x' is not of type 'array'"],
];

for (const [value, expected] of best) {
  test(`schema of a model: ${JSON.stringify(value)} gives ${expected ?? 'no problem'}`, () => {
    assert.equal(findProblem(model, value), expected);
  });
}
