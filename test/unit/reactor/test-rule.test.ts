import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rule } from '../../../reactor/rules/rule.ts';
import { testRule } from '../../../reactor/rules/test-rule.ts';

const rule = (pattern: unknown, cmd: string): Rule => ({
  id: '',
  uid: '',
  ref: 'test.rule',
  name: 'rule',
  pack: 'test',
  enabled: false,
  type: { ref: 'standard' },
  trigger: { ref: 'test.trigger', type: 'test.trigger', parameters: {} },
  criteria: { 'trigger.word': { type: 'equals', pattern } },
  action: { ref: 'core.local', parameters: { cmd } },
});

const trial = (pattern: unknown, cmd = 'echo', trigger = 'test.trigger') =>
  testRule(
    rule(pattern, cmd),
    { trigger, payload: { word: 'yes' } },
    async ({ key }) => (key === 'word' ? 'yes' : undefined),
    (text) => text,
  );

describe('trial of a rule', () => {
  it('matches, even when disabled, and shows what the action would get', async () => {
    assert.deepEqual(await trial('{{ st2kv.system.word }}', 'echo {{ trigger.word }} {{ st2kv.system.word }}'), {
      matches: true,
      parameters: { cmd: 'echo yes yes' },
    });
  });

  it('says what does not fit', async () => {
    assert.deepEqual(await trial('no'), { matches: false, reason: 'trigger.word: "yes" does not fit equals "no"' });
  });

  it('is about one trigger', async () => {
    assert.deepEqual(await trial('yes', 'echo', 'test.other'), {
      matches: false,
      reason: 'The rule is about trigger test.trigger, this is an occurrence of test.other.',
    });
  });

  it('says what cannot be decided or rendered', async () => {
    assert.match((await trial('{{ nothing.at_all }}')).reason ?? '', /Failed to render pattern/);
    assert.match((await trial('yes', '{{ nothing.at_all }}')).reason ?? '', /parameters cannot be rendered/);
  });
});
