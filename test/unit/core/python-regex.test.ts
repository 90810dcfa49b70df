import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileRegex, escapeRegex } from '../../../core/python/regex.ts';

const all = (pattern: string, text: string): unknown => compileRegex(pattern).findAll(text);

describe('regular expressions of Python', () => {
  const found: readonly (readonly [string, string, unknown])[] = [
    ['\\d+', 'a1b22', ['1', '22']],
    [
      '(\\w)(\\d)?',
      'a1b',
      [
        ['a', '1'],
        ['b', ''],
      ],
    ],
    ['(?P<x>a)(?P=x)', 'aab', ['a']],
    ['x*', 'axb', ['', 'x', '', '']],
    ['|a', 'a', ['', 'a', '']],
    ['(?<=a)b', 'abcb', ['b']],
    ['a(?!b)', 'abac', ['a']],
    ['(?i)É', 'éÉ', ['é', 'É']],
    ['(?m)^.$', 'a\nb', ['a', 'b']],
    ['a$', 'a\n', ['a']],
    ['\\bž\\w*', 'a žlu', ['žlu']],
    ['[^\\W\\d]+', 'ab1c', ['ab', 'c']],
    [
      '(a)|(b)',
      'ab',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['(a)?(?(1)b|c)', 'abc', ['a', '']],
    ['🐎.', 'x🐎y', ['🐎y']],
  ];
  for (const [pattern, text, expected] of found) {
    test(`${pattern} in ${JSON.stringify(text)}`, () => assert.deepEqual(all(pattern, text), expected));
  }

  test('search goes anywhere, match begins at the start, fullMatch takes all', () => {
    const regex = compileRegex('b+');
    assert.equal(regex.search('abb')?.group(0), 'bb');
    assert.equal(regex.match('abb'), null);
    assert.equal(regex.fullMatch('bb')?.end(), 2);
    assert.equal(regex.fullMatch('bba'), null);
  });

  test('positions count code points; a group without part is at -1', () => {
    const match = compileRegex('(b)(c)?').search('🐎b');
    assert.deepEqual([match?.start(1), match?.end(1), match?.start(2), match?.group(2)], [1, 2, -1, null]);
  });

  test('sub, split', () => {
    assert.equal(compileRegex('(a)(b)?').replace('ab-a', '[\\2\\g<1>\\n]'), '[ba\n]-[a\n]');
    assert.equal(compileRegex('x*').replace('abxd', '-'), '-a-b--d-');
    assert.equal(compileRegex('a').replace('aaa', 'b', 2), 'bba');
    assert.deepEqual(compileRegex('(,)|;').split('a,b;c'), ['a', ',', 'b', null, 'c']);
    assert.deepEqual(compileRegex(',').split('a,b,c', 1), ['a', 'b,c']);
  });

  for (const pattern of [
    '(',
    ')',
    '[a',
    'a**',
    '*a',
    '(?P<1>a)',
    '\\1',
    '(?P<a>x)(?P<a>y)',
    '[b-a]',
    'a{2,1}',
    '\\q',
    '(?z)',
  ]) {
    test(`${pattern} is refused`, () => assert.throws(() => compileRegex(pattern), { kind: 'error' }));
  }

  test('bad templates are refused', () => {
    const regex = compileRegex('a');
    assert.throws(() => regex.replace('a', '\\1'), { kind: 'error' });
    assert.throws(() => regex.replace('a', '\\q'), { kind: 'error' });
    assert.throws(() => regex.replace('a', '\\g<x>'), { kind: 'IndexError' });
  });

  test('patterns that run away are linear or stopped', () => {
    const text = `${'a'.repeat(5000)}!`;
    assert.equal(compileRegex('(a+)+$').search(text), null);
    assert.throws(() => compileRegex('(?=a)(a+)+$').search(text), { kind: 'LimitExceeded' });
    assert.throws(() => compileRegex('(a+)+\\1$').search(text), { kind: 'LimitExceeded' });
  });

  test('escape', () => assert.equal(escapeRegex('a.b-c d'), 'a\\.b\\-c\\ d'));
});
