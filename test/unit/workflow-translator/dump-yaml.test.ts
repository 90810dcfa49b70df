import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PyFloat } from '../../../core/python/values.ts';
import { YamlTimestamp } from '../../../workflow-translator/parse/yaml-scalars.ts';
import { dumpYaml } from '../../../workflow-translator/transform/dump-yaml.ts';

describe('scalars as PyYAML prints them', () => {
  const long = 'word '.repeat(20).trim();
  const cases: readonly (readonly [unknown, string])[] = [
    ["echo 'HELLO'", "echo 'HELLO'"],
    ['2.0', "'2.0'"],
    [new PyFloat(2), '2.0'],
    [1e20, '1.0e+20'],
    [Number.NEGATIVE_INFINITY, '-.inf'],
    [10n ** 20n, '100000000000000000000'],
    [true, 'true'],
    ['yes', "'yes'"],
    ['y', 'y'],
    [null, 'null'],
    ['', "''"],
    ['<% $.x %>', '<% $.x %>'],
    ['{{ _.x }}', "'{{ _.x }}'"],
    ['a: b', "'a: b'"],
    ['a #b', "'a #b'"],
    ['a#b', 'a#b'],
    ['- a', "'- a'"],
    ['-a', '-a'],
    ["it's: x", "'it''s: x'"],
    [' x', "' x'"],
    ['a\nb\n', "'a\n\n  b\n\n  '"],
    ['a \nb', '"a \\nb"'],
    ['a\tb', '"a\\tb"'],
    ['é', '"\\xE9"'],
    ['日', '"\\u65E5"'],
    ['😀', '"\\U0001F600"'],
    ['2020-01-01', "'2020-01-01'"],
    [new YamlTimestamp('2020-01-01'), '2020-01-01'],
    [new YamlTimestamp('2020-01-01T10:00:00Z'), '2020-01-01 10:00:00+00:00'],
    [[], '[]'],
    [{}, '{}'],
    [long, `${'word '.repeat(16).trim()}\n  word word word word`],
  ];
  for (const [value, text] of cases) {
    it(JSON.stringify(text), () => assert.equal(dumpYaml({ k: value }), `k: ${text}\n`));
  }
});

describe('collections as PyYAML prints them', () => {
  it('keys are sorted by code point, lists stand at the level of their key', () => {
    assert.equal(
      dumpYaml({ b: [1, { d: 1, c: 2 }], B: { a: [] }, _: [[1, 2], []] }),
      ['B:', '  a: []', '_:', '- - 1', '  - 2', '- []', 'b:', '- 1', '- c: 2', '  d: 1', ''].join('\n'),
    );
  });

  it('the order of keys is kept on request', () => {
    assert.equal(dumpYaml({ b: 1, a: 2 }, { sortKeys: false }), 'b: 1\na: 2\n');
  });

  it('a long key is written with a question mark', () => {
    const key = 'k'.repeat(123);
    assert.equal(dumpYaml({ [key]: [1] }), `? ${key}\n: - 1\n`);
    assert.equal(dumpYaml({ [key.slice(1)]: [1] }), `${key.slice(1)}:\n- 1\n`);
  });

  it('what occurs twice is written twice', () => {
    const shared = { a: 1 };
    assert.equal(dumpYaml({ x: shared, y: shared }), 'x:\n  a: 1\ny:\n  a: 1\n');
  });
});
