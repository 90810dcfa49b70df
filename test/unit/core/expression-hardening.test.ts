import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCode } from '../../../core/errors.ts';
import { evaluate, validate } from '../../../core/expressions/index.ts';

const LIMIT_MS = 1_000;
const LENGTH = 100_000;

/** Fills a text of about 100 KB with a part, between two others. */
function filled(before: string, part: string, after = ''): string {
  return before + part.repeat(Math.floor(LENGTH / part.length)) + after;
}

const HOSTILE: Readonly<Record<string, string>> = {
  'prints opened and never closed': filled('{{ a }}', '{{'),
  'only opened prints': filled('', '{{'),
  'statements opened and never closed': filled('{% if a %}', '{%'),
  'YAQL blocks opened and never closed': filled('<% 1 %>', '<%'),
  'only opened YAQL blocks': filled('', '<%'),
  'delimiters in YAQL': filled('<% 1 ', '<>%', ' %>'),
  'many prints': filled('', '{{ a }}'),
  'many lines': filled('', '{{ a }}\n'),
  'many YAQL blocks': filled('', '<% 1 %>'),
  'nested if': `${'{% if a %}'.repeat(5_000)}{{ a }}${'{% endif %}'.repeat(5_000)}`,
  'a chain of elif': `{% if a %}${'{% elif a %}'.repeat(5_000)}{% endif %}{{ a }}`,
  'nested for': filled('{{ a }}', '{% for a in b %}'),
  'a long sum': filled('{{ 1', ' + 1', ' }}'),
  'a long sum in YAQL': filled('<% 1', ' + 1', ' %>'),
  'a long conjunction': filled('{{ a', ' and a', ' }}'),
  'a chain of comparisons in YAQL': filled('<% 1', ' < 1', ' %>'),
  'a chain of powers': filled('{{ 1', '**1', ' }}'),
  'a chain of filters': filled('{{ a', '|upper', ' }}'),
  'a chain of attributes': filled('{{ a', '.a', ' }}'),
  'a chain of attributes in YAQL': filled('<% $', '.a', ' %>'),
  'a chain of calls': filled('{{ a', '()', ' }}'),
  'a chain of conditions': filled('{{ ', 'a if a else ', 'a }}'),
  'a chain of tests': filled('{{ a', ' if a', ' }}'),
  'many negations': filled('{{ ', 'not ', 'a }}'),
  'many signs in YAQL': filled('<% ', '- ', '1 %>'),
  'deep parentheses': filled('{{ ', '(', ' }}'),
  'deep parentheses in YAQL': filled('<% ', '(', ' %>'),
  'deep calls in YAQL': filled('<% ', 'a(', ' %>'),
  'a long number with a letter in YAQL': filled('<% ', '1', 'x %>'),
  'a long number': filled('{{ ', '1', ' }}'),
  'an endless text': filled('{{ "', '\\\\', ' }}'),
  'an endless text in YAQL': filled('<% "', 'a', ' %>'),
  'white space in a tag': filled('{{ a }}{% raw %}{%', ' '),
};

describe('hostile expressions', () => {
  for (const [what, text] of Object.entries(HOSTILE)) {
    it(`${what}: answered at once, with an error of ours if any`, () => {
      // CPU time: what else the machine does is no fault of the text.
      const begin = process.cpuUsage();
      for (const { message } of validate(text)) assert.doesNotMatch(message, /call stack|internal/i);
      try {
        evaluate(text, { data: { a: 1, b: [1] } });
      } catch (error) {
        assert.match(String(errorCode(error)), /^(JINJA|YAQL)_EVALUATION$/);
        assert.doesNotMatch((error as Error).message, /call stack/);
      }
      const { user, system } = process.cpuUsage(begin);
      const spent = (user + system) / 1_000;
      assert.ok(spent < 2 * LIMIT_MS, `took ${spent} ms`);
    });
  }

  it('a chain as long as people write works', () => {
    const sum = Array(300).fill('1').join(' + ');
    assert.equal(evaluate(`{{ ${sum} }}`, { data: {} }), 300);
    const branches = Array.from({ length: 100 }, (_, n) => `{% elif _.n == ${n} %}${n}`).join('');
    assert.equal(evaluate(`{% if false %}${branches}{% endif %}{{ '' }}`, { data: { n: 77 } }), '77');
  });
});
