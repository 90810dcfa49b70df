import assert from 'node:assert/strict';
import test from 'node:test';
import { helpOf } from '../../../api/resources/aliases/help.ts';
import { parseCommand, parseCommandRepeatedly } from '../../../api/resources/aliases/parse-command.ts';

const cases: readonly [string, string, Record<string, string | null>][] = [
  ['say {{ message }}', 'say hello', { message: 'hello' }],
  ['say {{ message }}', 'say good morning to you', { message: 'good morning to you' }],
  ['say {{message}} to {{who}}', 'say "good morning" to ann', { message: 'good morning', who: 'ann' }],
  ['say {{ message }}', "say 'in quotes'", { message: 'in quotes' }],
  ['run {{ cmd }} on {{ hosts=all }}', 'run date on web1', { cmd: 'date', hosts: 'web1' }],
  ['show {{ what }} {{ limit=10 }}', 'show pods', { what: 'pods', limit: '10' }],
  ['list {{ kind }}', 'list pods limit=5 name="a b"', { kind: 'pods', limit: '5', name: 'a b' }],
  ['send {{ data }}', 'send {"a": 1, "b": 2}', { data: '{"a": 1, "b": 2}' }],
  ['(?:stop|halt) {{ service }}', 'halt nginx', { service: 'nginx' }],
];

for (const [format, command, expected] of cases) {
  test(`alias: "${command}" by "${format}"`, () => assert.deepEqual(parseCommand(command, format), expected));
}

test('alias: a command that does not fit is told with the format', () => {
  assert.throws(
    () => parseCommand('does not fit', 'oracle say {{ message }}'),
    /^ValidationError: Command "does not fit" doesn't match format string "oracle say \{\{ message \}\}"$/,
  );
});

test('alias: a format that may match several times gives parameters for each', () => {
  const found = parseCommandRepeatedly('see ABC-1 and ABC-2', '(^|\\s)(?P<issue>[A-Z]+-\\d+)($|\\s)');
  assert.deepEqual(found, [{ issue: 'ABC-1' }, { issue: 'ABC-2' }]);
});

test('alias: a slow pattern cannot hang the process', { timeout: 20_000 }, () => {
  const started = performance.now();
  try {
    parseCommand(`${'a'.repeat(5_000)}!`, '(a+)+ {{ x }}');
  } catch {
    // What counts is that it came to an end.
  }
  assert.ok(performance.now() - started < 10_000);
});

test('help: filtered, counted and cut to the page', () => {
  const alias = {
    id: '1',
    ref: 'p.a',
    uid: 'u',
    name: 'a',
    pack: 'p',
    enabled: true,
    formats: ['one {{ x }}', { display: 'two', representation: ['zwei'] }, { representation: ['hidden'] }],
  };
  assert.deepEqual(helpOf([alias], { limit: 0, offset: 0 }).available, 2);
  assert.throws(() => helpOf([alias], { filter: 'a(', limit: 0, offset: 0 }), /no regular expression/);
  const cut = helpOf([alias], { limit: 1, offset: 1 });
  assert.deepEqual(cut, { available: 2, helpstrings: [{ pack: 'p', display: 'two', description: null }] });
  assert.deepEqual(helpOf([alias], { filter: 'ONE', limit: 0, offset: 0 }).available, 1);
  assert.deepEqual(helpOf([alias], { pack: 'other', limit: 0, offset: 0 }).available, 0);
});
