import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDefinition } from '../../../workflow-translator/index.ts';

const TEXT = `version: '2.0'
wf:
  input: [a]
  output:
    o: <% $.undefined %>
  tasks:
    t1:
      action: std.echo output=<% $.a + %>
      publish:
        x: <% no_such_function($.a) %>
      on-success: t2
    t2:
      join: 2
`;

function told(text: string): string[] {
  return checkDefinition(text).problems.map(({ line, code }) => `${line} ${code}`);
}

test('an expression that cannot be parsed hides no unknown name elsewhere', () => {
  const codes = told(TEXT).map((line) => line.split(' ')[1]);
  for (const code of ['EXPRESSION_SYNTAX', 'UNDEFINED_VARIABLE', 'UNKNOWN_FUNCTION'])
    assert.ok(codes.includes(code), code);
});

test('a mistake of form hides no mistake in an expression', () => {
  const wrong = TEXT.replace('join: 2', 'joyn: 2');
  const codes = told(wrong).map((line) => line.split(' ')[1]);
  assert.ok(codes.includes('SCHEMA') && codes.includes('EXPRESSION_SYNTAX'), codes.join());
});
