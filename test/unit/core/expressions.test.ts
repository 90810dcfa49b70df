import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EffectRequiredError } from '../../../core/errors.ts';
import { evaluate, evaluateRecursively, expressionLanguage, validate } from '../../../core/expressions/index.ts';
import {
  convertJinjaToRawBlock,
  isJinjaExpression,
  renderTemplate,
  renderValues,
} from '../../../core/expressions/stackstorm.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const data = { name: 'Stanley', count: 3, list: [1, 'a', null], text: '{{ _.name }}', __env: { region: 'eu' } };

function view(values: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  return {
    asked,
    get: (name: string) => {
      asked.push(name);
      return Object.hasOwn(values, name) ? values[name] : undefined;
    },
    has: (name: string) => Object.hasOwn(values, name),
    keys: () => Object.keys(values),
  };
}

describe('inline expressions', () => {
  const CASES: readonly (readonly [string, unknown])[] = [
    ['plain', 'plain'],
    ['<% $.count %>', 3],
    ['{{ _.count }}', 3],
    ['n=<% $.count %>!', 'n=3!'],
    ['n={{ _.list }}', "n=[1, 'a', None]"],
    ['<% $.name %>-<% $.count %>', 'Stanley-3'],
    ['{{ _.text }}', '{{ _.name }}'],
    ['<% $.name %> {{ _.count }}', '<% $.name %> 3'],
    ['{{\n_.name\n}}', '{{\n_.name\n}}'],
    ["{{ {'a': {'b': 1}} }}", "{'a': {'b': 1}}"],
    ["{{ {'a': {'b': 1} } }}", { a: { b: 1 } }],
    ['{{ env().region }}<% env().region %>', 'eu<% env().region %>'],
    ['<% $__env.region %>', 'eu'],
    ['{{ __env.region }}', 'eu'],
  ];
  for (const [source, expected] of CASES) {
    test(JSON.stringify(source), () => assert.deepEqual(evaluate(source, { data }), expected));
  }

  test('failures name the expression and the cause', () => {
    assert.throws(() => evaluate('<% $.zz %>', { data }), {
      code: 'YAQL_EVALUATION',
      message: "Can not evaluate YAQL expression [expression=$.zz, error='zz']",
    });
    assert.throws(() => evaluate('{{ _.zz }}', { data }), {
      code: 'JINJA_EVALUATION',
      message: "Can not evaluate Jinja expression [expression={{ _.zz }}, error='dict object' has no attribute 'zz']",
    });
  });

  test('the data may be a list or a plain value, as the result of an action is', () => {
    assert.deepEqual(evaluate('<% [$] %>', { data: [1, 2] }), [[1, 2]]);
    assert.deepEqual(evaluateRecursively({ all: '{{ _ }}', first: '<% $.first() %>' }, { data: [1, 2] }), {
      all: [1, 2],
      first: 1,
    });
    assert.equal(evaluate('<% $__env %>', { data: ['text'] }), null);
    assert.equal(evaluate('got {{ _ }}', { data: 7 }), 'got 7');
    assert.equal(evaluateRecursively('<% $ %>', { data: [] }), '<% $ %>');
  });

  test('structures are evaluated through, keys and results are not', () => {
    const value = { '<% $.name %>': ['<% $.count %>', { a: '{{ _.text }}' }], b: 1 };
    assert.deepEqual(evaluateRecursively(value, { data }), { '<% $.name %>': [3, { a: '{{ _.name }}' }], b: 1 });
    assert.deepEqual(evaluateRecursively({ a: '<% 1 %>' }, { data: {} }), { a: '<% 1 %>' });
  });

  test('functions of the host are found in both languages, and an effect passes through unwrapped', () => {
    const functions = {
      task: (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => ({ args: [...args], kwargs }),
      st2kv: () => {
        throw new EffectRequiredError({ kind: 'st2kv', key: 'k', args: {} });
      },
    };
    assert.deepEqual(evaluate('<% task(a, flat => true) %>', { data, functions }), {
      args: ['a'],
      kwargs: { flat: true },
    });
    assert.deepEqual(evaluate("{{ task('a', flat=true) }}", { data, functions }), {
      args: ['a'],
      kwargs: { flat: true },
    });
    for (const source of ['<% st2kv(k) %>', "{{ st2kv('k') }}", "x {{ st2kv('k') | default('d') }}"]) {
      assert.throws(() => evaluate(source, { data, functions }), { code: 'EFFECT_REQUIRED' });
    }
  });

  test('a view of the context is asked for the names in use only', () => {
    const context = view({ a: { b: 1 }, huge: [1, 2, 3], none: null });
    assert.equal(evaluate('{{ _.a.b + 1 }}', { data: context }), 2);
    assert.ok(!context.asked.includes('huge'));
    assert.equal(evaluate("{{ _['none'] }}", { data: context }), null);
    assert.deepEqual(evaluate('{{ _.keys() | list }}', { data: context }), ['a', 'huge', 'none']);
    assert.throws(() => evaluate('{{ _.zz }}', { data: context }), { code: 'JINJA_EVALUATION' });
  });

  test('a runtime makes evaluations repeatable', () => {
    const runtime = { now: () => 0, random: () => 0.5, uuid: () => 'u-1' };
    assert.equal(evaluate('<% uuid() %>', { data, runtime }), 'u-1');
    assert.equal(evaluate('{{ uuid() }}', { data, runtime }), 'u-1');
    assert.equal(evaluate('{{ [1, 2, 3] | random }}', { data, runtime }), 2);
  });

  test('a thousand evaluations of a known expression take well under a second', () => {
    const used = cpuTime(() => {
      for (let round = 0; round < 1000; round += 1) evaluate("{{ _.name | upper ~ '-' ~ _.count }}", { data });
    });
    assert.ok(used < 500, `${used} ms`);
  });
});

describe('validation', () => {
  test('tells each mistake with its place', () => {
    const problems = validate({
      ok: '<% $.a %>',
      list: ['{{ 1 + }}', '<% $. %>'],
      mixed: '{{ 1 }} <% 1 %>',
      none: null,
    });
    assert.deepEqual(
      problems.map(({ language, path }) => [language, path]),
      [
        ['jinja', ['list', 0]],
        ['yaql', ['list', 1]],
        [undefined, ['mixed']],
      ],
    );
  });

  test('unknown functions and filters are no mistakes of syntax', () => {
    assert.deepEqual(validate(['<% foo() %>', '{{ a | nofilter }}']), []);
  });

  test('tells the language of a text', () => {
    assert.equal(expressionLanguage('<% 1 %>'), 'yaql');
    assert.equal(expressionLanguage('{% if 1 %}{% endif %}'), 'jinja');
    assert.equal(expressionLanguage('plain'), undefined);
  });
});

describe("StackStorm's templates", () => {
  test('render to text, strict unless allowed', () => {
    assert.equal(renderTemplate('{{ a }} {{ b }}', { a: null, b: [1, 'x'] }), "None [1, 'x']");
    assert.throws(() => renderTemplate('{{ zz }}', {}), { code: 'JINJA' });
    assert.equal(renderTemplate('a{{ zz }}', {}, { allowUndefined: true }), 'a');
  });

  test('values keep their type unless rendering changes them', () => {
    const mapping = { n: 5, s: '{{ a }}', l: ['{{ a }}', 1] };
    assert.deepEqual(renderValues(mapping, { a: 3 }), { n: 5, s: '3', l: ['3', 1] });
  });

  test('raw blocks protect templates', () => {
    assert.deepEqual(convertJinjaToRawBlock({ a: ['{{ x }}', 'y'] }), { a: ['{% raw %}{{ x }}{% endraw %}', 'y'] });
    assert.equal(isJinjaExpression('{% if'), true);
    assert.equal(isJinjaExpression(5), false);
  });
});
