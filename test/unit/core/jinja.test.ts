import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createJinjaEnvironment,
  type JinjaError,
  jinjaGlobals,
  parseTemplate,
} from '../../../core/expressions/jinja/index.ts';
import { PyFloat } from '../../../core/python/values.ts';

const environment = createJinjaEnvironment({});
const data = {
  name: 'Stanley',
  none: null,
  list: [3, 1, 2],
  vms: [
    { n: 'a', up: true },
    { n: 'b', up: false },
  ],
  nested: { items: 1, x: { y: [1, { z: null }] } },
};

function lookup(name: string): unknown {
  return name === '_' ? data : jinjaGlobals.get(name);
}

function evaluate(source: string): unknown {
  return environment.evaluate(source, { lookup });
}

function render(source: string): string {
  return environment.render(source, { lookup });
}

function kindOf(body: () => unknown): string {
  try {
    return `no failure: ${String(body())}`;
  } catch (error) {
    return String((error as JinjaError).details.kind);
  }
}

/** Expressions and their values, as Jinja2 3.1 gives them. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['(1 + 2) ~ 3', '33'],
  ['7 / 2', 3.5],
  ['6 / 2', new PyFloat(3)],
  ['-7 // 2', -4],
  ['7 % -3', -2],
  ['2 ** 3 ** 2', 64],
  ['2 ** 100', 2n ** 100n],
  ['12345678901234567890 + 1', 12345678901234567891n],
  ['1 < 2 < 3', true],
  ['1 < 3 < 2', false],
  ["'a' in _.nested or 'x' in _.nested", true],
  ['3 not in [1, 2]', true],
  ["1 if false else 'no'", 'no'],
  ["(1 if false) | default('d')", 'd'],
  ["'abcdef'[1:5:2]", 'bd'],
  ["'abc'[::-1]", 'cba'],
  ['_.list[-1]', 2],
  ["_.nested['items']", 1],
  ['_.nested.x.y[1].z', null],
  ["_.none | default('x')", null],
  ["_.none | default('x', true)", 'x'],
  ['_.missing is defined', false],
  ['_.list | sort | join("-")', '1-2-3'],
  ["_.vms | selectattr('up') | map(attribute='n') | list", ['a']],
  ["_.vms | groupby('up') | map(attribute='grouper') | list", [false, true]],
  [
    "[1, 2, 3, 4, 5] | batch(2, 'x') | list",
    [
      [1, 2],
      [3, 4],
      [5, 'x'],
    ],
  ],
  ["'%05d|%-5s|%x|%.3f' % (42, 'ab', 255, 3.14159)", '00042|ab   |ff|3.142'],
  ["'{:>5}|{:,.2f}|{a[0]}'.format('x', 1234567.891, a=[7])", '    x|1,234,567.89|7'],
  ["'%.2f' % 2.675", '2.67'],
  ['2.5 | round', new PyFloat(2)],
  ["'42.23' | int", 42],
  ["'x' | int(7)", 7],
  ["'a b  c'.split(' ', 1)", ['a', 'b  c']],
  ["'\\x41\\u0042\\103\\d'", 'ABC\\d'],
  ["'🐎a' | length", 2],
  ['[none, true, 1.0, "it\'s"] | string', '[None, True, 1.0, "it\'s"]'],
  ["{'b': 1, 'a': '<x>'} | tojson", '{"a": "\\u003cx\\u003e", "b": 1}'],
  ['range(1, 6, 2) | list', [1, 3, 5]],
  ['0x10 + 1_000 + 0b11', 1019],
  ["'text' % [1]", 'text'],
  ["'%s' % [1, 2]", '[1, 2]'],
  ["'inf' | filesizeformat", 'inf YB'],
  ["'1500' | filesizeformat", '1.5 kB'],
  ["['a', 'b'] | join({'x': 1})", "a{'x': 1}b"],
  ["['a', 'b'] | join(none)", 'aNoneb'],
];

describe('Jinja expressions', () => {
  for (const [source, expected] of VALUES) {
    test(source, () => assert.deepEqual(structured(evaluate(source)), structured(expected)));
  }

  const FAILURES: readonly (readonly [string, string])[] = [
    ['_.missing', 'UndefinedError'],
    ['_.none.foo', 'UndefinedError'],
    ['_.missing.foo', 'UndefinedError'],
    ['1 / 0', 'ZeroDivisionError'],
    ["'a' + 1", 'TypeError'],
    ["1 < 'a'", 'TypeError'],
    ["'a' | nofilter", 'TemplateAssertionError'],
    ["'a' is notest", 'TemplateAssertionError'],
    ['1 +', 'TemplateSyntaxError'],
    ['1, 2', 'TemplateSyntaxError'],
    ['[1 2]', 'TemplateSyntaxError'],
    ["'a'.upper(1)", 'TypeError'],
    ["'text' % 1", 'TypeError'],
    ["'%s %s' % [1, 2]", 'TypeError'],
    ["'' | filesizeformat", 'ValueError'],
    ["'a' | center(none)", 'TypeError'],
  ];
  for (const [source, kind] of FAILURES) {
    test(`${source} fails with ${kind}`, () =>
      assert.equal(
        kindOf(() => evaluate(source)),
        kind,
      ));
  }
});

/** Tuples and lists alike, PyFloat visible. */
function structured(value: unknown): unknown {
  return Array.isArray(value) ? Array.from(value as unknown[], structured) : value;
}

describe('Jinja templates', () => {
  const TEXTS: readonly (readonly [string, string])[] = [
    ['{% for i in [1, 2, 3] if i != 2 %}{{ loop.index }}/{{ loop.length }} {% endfor %}', '1/2 2/2 '],
    ['{% for k, v in {"a": 1}.items() %}{{ k }}={{ v }}{% endfor %}', 'a=1'],
    ['{% for x in [] %}x{% else %}empty{% endfor %}', 'empty'],
    ['{% set x = 1 %}{% for i in [1, 2] %}{% set x = i %}{% endfor %}{{ x }}', '1'],
    ['{% set ns = namespace(t=0) %}{% for i in [1, 2] %}{% set ns.t = ns.t + i %}{% endfor %}{{ ns.t }}', '3'],
    ['{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m("x", b=3) }}', '1-2 x-3'],
    ['{% macro m() %}[{{ caller("q") }}]{% endmacro %}{% call(x) m() %}in {{ x }}{% endcall %}', '[in q]'],
    ['{% filter upper %}a{{ "b" }}{% endfilter %}', 'AB'],
    ['{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
    ['{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}', '3'],
    ['a {{- 1 -}} b', 'a1b'],
    ['  {% if true %}\n  x\n  {% endif %}\ny\n', '  x\ny'],
    ['{# a comment #}x', 'x'],
    ['{% for x in [{"v": 1, "c": [{"v": 2, "c": []}]}] recursive %}{{ x.v }}{{ loop(x.c) }}{% endfor %}', '12'],
    ['{% set x = [] %}{{ x.append(1) or "" }}{{ x }}', '[1]'],
    ['{{ "}}" }}', '}}'],
  ];
  for (const [source, expected] of TEXTS) test(source, () => assert.equal(render(source), expected));

  test('a syntax error tells line and column', () => {
    assert.throws(
      () => parseTemplate('a\n{{ 1 + }}'),
      (error: JinjaError) => error.details.line === 2 && error.details.column === 8,
    );
  });
});

describe('hostile templates', () => {
  const ESCAPES = [
    "''.__class__",
    "''['__class__']",
    "'' | attr('__class__')",
    '_.__proto__',
    '_.constructor',
    '_.constructor.constructor("return process")()',
    '_["constructor"]',
    '_.list.constructor',
    "'a'.upper.constructor",
    "'a'.upper.call",
    "'a'.upper.__globals__",
    'range.constructor',
    'range.prototype',
    '_.toString',
    '_.hasOwnProperty',
    "'{0.__class__}'.format('a')",
    "'{0.constructor}'.format(_)",
    "_.vms | map(attribute='constructor') | list",
    "_.vms | map(attribute='__proto__') | list",
    "_.vms | sort(attribute='constructor.name')",
    'process',
    'globalThis',
    'constructor',
    '__proto__',
  ];
  for (const source of ESCAPES) {
    test(`${source} is undefined`, () =>
      assert.match(
        kindOf(() => evaluate(source)),
        /^(?:UndefinedError|SecurityError)$/,
      ));
  }

  test('keys with names of JavaScript are ordinary data', () => {
    assert.equal(
      render("{% set d = {'__proto__': {'x': 1}, 'constructor': 2} %}{{ d.constructor }}{{ d.x is defined }}"),
      '2False',
    );
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });

  test('the data cannot be changed', () => {
    assert.equal(
      kindOf(() => render('{{ _.list.append(4) }}')),
      'TypeError',
    );
    assert.equal(
      kindOf(() => render('{{ _.nested.update({"a": 1}) }}')),
      'TypeError',
    );
    assert.deepEqual(data.list, [3, 1, 2]);
  });

  const EXHAUSTING = [
    '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
    "{{ 'a' * 1000000000 }}",
    '{{ [0] * 1000000000 }}',
    '{{ 9 ** (9 ** 9) }}',
    '{{ 2 ** 100000000 }}',
    '{{ range(1000000000) | list }}',
    '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    '{% set ns = namespace(x="a") %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}',
    '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}',
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'x'.join(range(90000) | map('string') | list) * 1000 }}",
    `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
    `{{ ${'-'.repeat(5000)}1 }}`,
    `{{ ${'not '.repeat(5000)}1 + }}`,
    `${'{% if 1 %}'.repeat(5000)}`,
  ];
  for (const source of EXHAUSTING) {
    test(`${source.slice(0, 70)} fails in time`, () => {
      const start = process.cpuUsage();
      assert.throws(() => render(source));
      assert.ok(process.cpuUsage(start).user < 1_000_000, 'more than a second of CPU');
    });
  }
});
