/** Whatever the text: an answer within a second, problems instead of exceptions. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkDefinition, dumpYaml, inspectDefinition } from '../../../workflow-translator/index.ts';
import { parseYaml } from '../../../workflow-translator/parse/yaml-document.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const SEED = 20_240_229;
const PIECES = [
  '\n',
  '  ',
  '- ',
  ': ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '&a ',
  '*a',
  '!!int ',
  '<<: ',
  '\t',
  '---\n',
  'version',
  '2.0',
  'tasks:',
  'on-success: ',
  'join: all',
  'retry: count=1 delay=1',
  'with-items: i in [1]',
  'publish: ',
  '<% $.x %>',
  '<% ',
  '%>',
  '{{ _.x }}',
  '{{',
  '{% if %}',
  'fail(msg="x y")',
  'null',
  '-1',
  '1e99',
  '\0',
  '\u{1F600}',
  '\uD800',
  '__proto__',
];
const WORKFLOW = `version: '2.0'
wf:
  type: direct
  input: [a, {b: 1}]
  vars: {x: <% $.a %>}
  task-defaults: {on-error: [fail], retry: {count: 1, delay: 1}}
  output: {r: "{{ _.r }}"}
  tasks:
    first:
      action: core.local cmd="echo <% $.a %>" timeout=5
      publish: {r: <% task().result %>}
      on-success: [second: <% $.r = 1 %>, third]
    second: {with-items: i in <% $.x %>, action: std.echo output=<% $.i %>, on-success: {publish: {global: {g: 1}}, next: fourth}}
    third: {workflow: sub, on-complete: ['fail(msg="no luck")', fourth]}
    fourth: {join: all, wait-before: 1}
`;

function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomText(random: (below: number) => number): string {
  return Array.from({ length: random(60) }, () =>
    random(4) === 0 ? String.fromCharCode(random(256)) : PIECES[random(PIECES.length)],
  ).join('');
}

function mutated(random: (below: number) => number): string {
  let text = WORKFLOW;
  for (let change = random(4); change >= 0; change -= 1) {
    const at = random(text.length);
    const insert = random(3) > 0 ? (PIECES[random(PIECES.length)] ?? '') : '';
    text = text.slice(0, at) + insert + text.slice(at + random(6));
  }
  return text;
}

for (const [title, make] of [
  ['random pieces', randomText],
  ['mutated workflows', mutated],
] as const) {
  it(`1000 ${title} are answered`, async () => {
    const random = createRandom(SEED);
    for (let round = 0; round < 1000; round += 1) {
      const text = make(random);
      const kind = (['workflow', 'workbook', 'actions'] as const)[round % 3];
      let checked: ReturnType<typeof checkDefinition> | undefined;
      const used = cpuTime(() => {
        checked = checkDefinition(text, { kind });
      });
      assert.ok(used < 1000, `too slow: ${JSON.stringify(text)}`);
      const { document, problems } = checked as ReturnType<typeof checkDefinition>;
      const isRefused = problems.some((problem) => problem.severity === 'error');
      assert.equal(document === undefined, isRefused, JSON.stringify(text));
      await inspectDefinition(text, { lookupAction: () => undefined });
      const { value } = parseYaml(text);
      if (value !== undefined) assert.deepEqual(parseYaml(dumpYaml(value)).problems, [], JSON.stringify(text));
    }
  });
}

for (const text of [
  `<% ${'1+'.repeat(20_000)}1 %>`,
  `{{ _${'.a'.repeat(20_000)} }}`,
  `<% ${'('.repeat(50_000)} %>`,
  '{{'.repeat(50_000),
]) {
  it(`an endless expression is answered: ${text.slice(0, 12)}`, () => {
    assert.ok(cpuTime(() => checkDefinition(WORKFLOW.replace('"{{ _.r }}"', JSON.stringify(text)))) < 1000);
  });
}
