import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evaluateYaql, parseYaql, YaqlSyntaxError } from '../../../core/expressions/yaql/index.ts';

function syntaxError(source: string): Readonly<Record<string, unknown>> {
  try {
    parseYaql(source);
  } catch (error) {
    assert.ok(error instanceof YaqlSyntaxError, String(error));
    assert.equal(error.code, 'YAQL_SYNTAX');
    return error.details;
  }
  return assert.fail(`${source} was accepted`);
}

const value = (expression: string, data: unknown = null): unknown => evaluateYaql(expression, { data });

describe('YAQL: syntax errors', () => {
  const grammar: readonly (readonly [string, number | null])[] = [
    ['', null],
    ['1 +', null],
    ['f(1', null],
    ['1 2', 2],
    ['f (1)', 2],
    ['f(1, )', 5],
    ['f(a => 1, 2)', 11],
    ['$.and', 2],
    ['[1}', 2],
    ['1 == 2', 3],
  ];
  for (const [source, position] of grammar) {
    test(`"${source}" is refused at ${position ?? 'its end'}`, () => {
      assert.deepEqual(syntaxError(source), { kind: 'YaqlGrammarException', position });
    });
  }

  const lexical: readonly (readonly [string, number])[] = [
    ['1 + #', 4],
    ['__name', 0],
    ["'open", 0],
    ['12ab', 0],
    ['a && b', 2],
  ];
  for (const [source, position] of lexical) {
    test(`"${source}" has a character that is none at ${position}`, () => {
      assert.deepEqual(syntaxError(source), { kind: 'YaqlLexicalException', position });
    });
  }

  test('a nesting without end is refused, not followed', () => {
    assert.equal(syntaxError('('.repeat(10_000)).kind, 'YaqlGrammarException');
  });
});

describe('YAQL: precedence', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['1 + 2 * 3', 7],
    ['10 - 4 - 3', 3],
    ['not 1 in [2]', true],
    ['true or false and false', true],
    ['-[5, 6][1]', -6],
    ['let(a => 1) -> let(b => 2) -> $a + $b', 3],
    ["'ab' =~ 'a' and true", true],
    ['- -2', 2],
  ];
  for (const [source, expected] of cases) {
    test(`${source} is ${String(expected)}`, () => assert.deepEqual(value(source), expected));
  }

  test('comparisons are one level and associate to the left', () => {
    assert.throws(() => value('1 < 2 < 3'), { code: 'YAQL', details: { kind: 'NoMatchingFunctionException' } });
  });
});

describe('YAQL: literals', () => {
  test('bare words, escapes and numbers', () => {
    assert.deepEqual(value('[up, True]'), ['up', 'True']);
    assert.equal(value(String.raw`'\x41\u00e9\t\q\N{EURO SIGN}'`), 'Aé\t\\q€');
    assert.equal(value('`a\\n\\``'), 'a\\n`');
    assert.equal(value('007'), 7);
    assert.equal(value('12345678901234567890'), 12345678901234567890n);
  });

  test('the same text is parsed once', () => {
    assert.equal(parseYaql('$.parsed.once'), parseYaql('$.parsed.once'));
  });
});
