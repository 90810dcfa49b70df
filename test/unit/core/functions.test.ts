import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultRuntime, type ExpressionFunctions } from '../../../core/expressions/functions/function-table.ts';
import { mistralFunctions, stackStormFilters } from '../../../core/expressions/functions/index.ts';
import { yamlDump, yamlLoad } from '../../../core/python/yaml.ts';

function call(table: ExpressionFunctions, name: string, ...args: readonly unknown[]): unknown {
  const definition = table[name];
  assert.ok(definition, `there is no function ${name}`);
  const bound = definition.params.map((param, index) => (index < args.length ? args[index] : param.default));
  return definition.call(bound, { runtime: defaultRuntime, data: {}, language: 'jinja' });
}

const people = { people: [{ first: 'James' }, { first: 'Jacob', tags: { x: 1 } }], n: null };

describe('functions of expressions', () => {
  const CASES: readonly (readonly [string, readonly unknown[], unknown])[] = [
    ['to_json_string', [{ b: 1, a: [2] }, null], '{"b":1,"a":[2]}'],
    ['to_json_string', [{ b: 1, a: [2] }, null, 'yes'], '{"a":[2],"b":1}'],
    ['regex_match', ['Foo BAR', 'foo', 'yes'], true],
    ['regex_match', ['Foo BAR', 'foo', ''], false],
    ['json_escape', ['a "q"\n'], 'a \\"q\\"\\n'.replace(/"$/, '')],
    ['to_human_time_from_seconds', [12345], '3h25m45s'],
    ['to_human_time_from_seconds', [2.5], '2s'],
    ['use_none', [null], '%*****__%NONE%__*****%'],
    ['version_compare', ['1.2.3', '1.10.0'], -1],
    ['version_match', ['1.2.3', '>=1.0.0'], true],
    ['version_bump_minor', ['2.0.0-rc.1'], '2.1.0'],
    ['version_strip_patch', ['1.2.3'], '1.2'],
    ['regex_replace', ['the quick', '(\\w+) (\\w+)', '\\2 \\1'], 'quick the'],
    ['regex_substring', ['10.0.0.1 x', '[0-9]+', -1], '1'],
    ['jsonpath_query', [people, 'people[*].first'], ['James', 'Jacob']],
    ['jsonpath_query', [people, '$..x'], [1]],
    ['jsonpath_query', [people, 'people[9]'], null],
    ['yaml_parse', ['a: &x 1\nb: @y'], { a: '&x 1', b: '@y' }],
    ['from_yaml_string', ['a: &x 1\nb: *x'], { a: 1, b: 1 }],
    ['to_yaml_string', [{ a: [1, { b: 2 }] }], 'a:\n- 1\n-   b: 2\n'],
  ];
  for (const [name, args, expected] of CASES) {
    test(`${name}(${JSON.stringify(args)})`, () => assert.deepEqual(call(mistralFunctions, name, ...args), expected));
  }

  test("StackStorm's filters differ from the functions of workflows where the originals do", () => {
    assert.equal(call(stackStormFilters, 'to_json_string', { a: 1 }), '{"a": 1}');
    assert.equal(call(mistralFunctions, 'to_json_string', { a: 1 }), '{\n    "a":1\n}');
    assert.equal(call(stackStormFilters, 'version_match', '1.2.3', '1.2.3'), true);
    assert.throws(() => call(mistralFunctions, 'version_match', '1.2.3', '1.2.3'), { code: 'PYTHON' });
    assert.equal(call(stackStormFilters, 'to_yaml_string', 5), '5\n');
    assert.equal(call(mistralFunctions, 'to_yaml_string', 5), '5\n...\n');
    assert.equal(call(stackStormFilters, 'basename', '/a/b.txt'), 'b.txt');
    assert.equal(call(stackStormFilters, 'dirname', '/a/b.txt'), '/a');
  });

  test('each entry stands under its own name', () => {
    for (const table of [mistralFunctions, stackStormFilters]) {
      for (const [key, definition] of Object.entries(table)) assert.equal(key, definition.name);
    }
  });
});

describe('YAML', () => {
  test('text that would read as something else is quoted', () => {
    const texts = ['yes', '42', '1.5', 'null', '', ' x', 'a: b', '- a', '# c', "it's", 'é', '2024-01-02', 'plain'];
    for (const text of texts) assert.equal(yamlLoad(yamlDump({ k: text })) instanceof Object, true);
    for (const text of texts) assert.deepEqual(yamlLoad(yamlDump([text])), [text]);
    assert.equal(yamlDump(['yes', 'plain', '']), "- 'yes'\n- plain\n- ''\n");
    // A zone without a colon makes no timestamp of an unquoted text.
    assert.equal(yamlDump(['2001-01-01 10:00:00+0100']), '- 2001-01-01 10:00:00+0100\n');
    assert.equal(yamlDump(['2001-01-01 10:00:00+01:00']), "- '2001-01-01 10:00:00+01:00'\n");
  });

  test('scalars have the meaning of YAML 1.1', () => {
    assert.deepEqual(yamlLoad('[on, 012, 1:30, 1e3, ~, 0x1f]'), [true, 10, 90, '1e3', null, 31]);
  });

  test('aliases cannot expand without bound', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1) {
      const alias = `*a${level - 1}`;
      bomb.push(`a${level}: &a${level} [${Array(9).fill(alias).join(', ')}]`);
    }
    assert.throws(() => yamlLoad(bomb.join('\n')), { code: 'PYTHON' });
  });
});
