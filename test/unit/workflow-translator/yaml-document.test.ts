import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PyDict, PyFloat } from '../../../core/python/values.ts';
import { parseYaml } from '../../../workflow-translator/parse/yaml-document.ts';

function read(text: string): unknown {
  const { value, problems } = parseYaml(text);
  assert.deepEqual(problems, []);
  return value;
}

describe('plain scalars are read as PyYAML reads them', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['yes', true],
    ['On', true],
    ['off', false],
    ['y', 'y'],
    ['~', null],
    ['010', 8],
    ['0o10', '0o10'],
    ['0x1F', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['1:30', 90],
    ['-5', -5],
    ['12345678901234567890', 12345678901234567890n],
    ['1.5', 1.5],
    ['2.0', new PyFloat(2)],
    ['1e3', '1e3'],
    ['1.0e+3', new PyFloat(1000)],
    ['.inf', Number.POSITIVE_INFINITY],
    ['2020-01-01', '2020-01-01'],
    ["'yes'", 'yes'],
    ['!!str 5', '5'],
    ['!!int "5"', 5],
    ['!!float "5"', new PyFloat(5)],
    ['!!bool "on"', true],
    ['0b_', '0b_'],
    ['@home', '@home'],
    ['*.txt', '*.txt'],
  ];
  for (const [text, expected] of cases) {
    it(text, () => assert.deepEqual(read(`a: ${text}`), { a: expected }));
  }
});

describe('documents', () => {
  it('an empty document is an empty mapping', () => {
    assert.deepEqual(read(''), {});
    assert.deepEqual(read('# nothing'), {});
  });

  it('the last of several equal keys wins', () => assert.deepEqual(read('a: 1\na: 2'), { a: 2 }));

  it('keys that are no text are kept as they are', () => {
    const value = read('{1: a, true: b}');
    assert.ok(value instanceof PyDict);
    assert.equal(value.get(1), 'b', '1 and true are the same key in Python');
  });

  it('anchors and merge keys are resolved', () => {
    const text = 'base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nlist: [*base]';
    const base = { a: 1, b: 2 };
    assert.deepEqual(read(text), { base, more: { a: 1, b: 3 }, list: [base] });
  });

  it('names of prototypes are data', () => {
    const value = read('__proto__: 1\nconstructor: 2') as Record<string, unknown>;
    assert.deepEqual(Object.entries(value), [
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  it('closing lines of quotes and brackets may stand anywhere', () => {
    assert.deepEqual(read('a:\n  b: "x\n  y"\n  c: [1,\n2\n]\nd: 3'), { a: { b: 'x y', c: [1, 2] }, d: 3 });
  });

  it('places of values count from one and survive loose indentation', () => {
    const document = parseYaml('a:\n  b: "x\ny"\n  c: [1, 2]');
    assert.deepEqual(document.locate(['a', 'c', 1]), { line: 4, column: 10 });
    assert.deepEqual(document.locate(['a', 'nothing']), { line: 1, column: 1 });
  });
});

describe('texts that are refused', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['an unclosed bracket', 'a: {b', /must be sufficiently indented/],
    ['a tab between tokens', 'a:\tb', /found character '\\t'/],
    ['a tag that is unknown', 'a: !python/object x', /could not determine a constructor/],
    ['a second document', 'a: 1\n---\nb: 2', /another document/],
    ['an anchor inside of itself', 'a: &a [*a]', /contains itself/],
    ['a key that is a list', '? [1]\n: 2', /unhashable/],
  ];
  for (const [title, text, message] of cases) {
    it(title, () => {
      const { value, problems } = parseYaml(text);
      assert.equal(value, undefined);
      assert.match(problems[0]?.message ?? '', message);
    });
  }

  it('several mistakes are told together', () => {
    assert.ok(parseYaml('a: !x 1\nb: !y 2').problems.length === 2);
  });

  it('a bomb of aliases is found before it expands', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1) {
      const alias = `*a${level - 1}`;
      lines.push(`a${level}: &a${level} [${Array(9).fill(alias).join(', ')}]`);
    }
    const { problems } = parseYaml(lines.join('\n'));
    assert.match(problems[0]?.message ?? '', /expand to too much/);
  });

  for (const [title, text] of [
    ['brackets', '['.repeat(100_000)],
    ['brackets that text seems to close', '["]", '.repeat(50_000)],
    ['dashes', '- '.repeat(100_000)],
    [
      'dashes on many lines',
      Array.from({ length: 40 }, (_, at) => `${'  '.repeat(at * 20)}${'- '.repeat(20)}`).join('\n'),
    ],
    ['question marks', '? '.repeat(10_000)],
    ['indented keys', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ] as const) {
    it(`deep nesting of ${title} is no stack overflow`, () => {
      assert.match(parseYaml(text).problems[0]?.message ?? '', /nested deeper/);
    });
  }
});
