import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EffectRequiredError } from '../../../core/errors.ts';
import { withKeyValues } from '../../../core/params/index.ts';
import type { CriteriaInput } from '../../../reactor/rules/criteria.ts';
import { judgeRule } from '../../../reactor/rules/match-rules.ts';
import type { Rule } from '../../../reactor/rules/rule.ts';
import { createRuleSet } from '../../../reactor/rules/rule-set.ts';

const payload = {
  p1: 'v1',
  p2: 'preYYYpost',
  bool: true,
  int: 1,
  float: 0.8,
  headers: { 'X-Event': 'push' },
  list: [
    { field_name: 'Status', to_value: 'Approved' },
    { field_name: 'Signed off by', to_value: 'Stanley' },
  ],
};

const input = (more: Partial<CriteriaInput> = {}): CriteriaInput => ({
  payload,
  keyValues: ({ key }) => ({ known: 'v1', number: '1' })[key],
  now: new Date('2024-05-10T12:00:00Z'),
  ...more,
});

const rule = (criteria: Record<string, unknown>, more: Partial<Rule> = {}): Rule => ({
  id: 'a'.repeat(24),
  ref: 'test.rule',
  uid: 'rule:test:rule',
  name: 'rule',
  pack: 'test',
  enabled: true,
  type: { ref: 'standard' },
  trigger: { ref: 'test.trigger', type: 'test.trigger', parameters: {} },
  criteria,
  action: { ref: 'core.local', parameters: {} },
  ...more,
});

const outcome = (criteria: Record<string, unknown>, more: Partial<CriteriaInput> = {}) =>
  judgeRule(rule(criteria), input(more)).outcome;

const both = {
  'item.field_name': { type: 'equals', pattern: 'Status' },
  'item.to_value': { type: 'equals', pattern: 'Approved' },
};
const SEARCHES: readonly (readonly [condition: string, criteria: Record<string, unknown>, expected: string])[] = [
  ['any', both, 'matched'],
  ['any2all', both, 'matched'],
  ['all', both, 'unmatched'],
  ['all', { 'item.field_name': { type: 'startswith', pattern: 'S' } }, 'matched'],
  ['all2all', both, 'unmatched'],
  ['any2any', { ...both, 'item.none': { type: 'exists' } }, 'matched'],
  ['all2any', { ...both, 'item.to_value': { type: 'equals', pattern: 'Stanley' } }, 'matched'],
  ['all2any', both, 'unmatched'],
  ['any', { 'item.field_name': { type: 'equals', pattern: 'Nothing' } }, 'unmatched'],
  ['weird', both, 'failed'],
];

describe('matching of rules', () => {
  it('a rule without criteria matches any payload, one with criteria none that is empty', () => {
    assert.equal(outcome({}), 'matched');
    assert.equal(outcome({}, { payload: {} }), 'matched');
    assert.equal(outcome({ 'trigger.p1': { type: 'nexists' } }, { payload: {} }), 'unmatched');
  });

  it('a disabled rule does not match', () => {
    assert.equal(judgeRule(rule({}, { enabled: false }), input()).outcome, 'unmatched');
  });

  it('all criteria have to fit, and the first that does not is told', () => {
    const fits = { 'trigger.p1': { type: 'equals', pattern: 'v1' } };
    assert.equal(outcome({ ...fits, 'trigger.int': { type: 'equals', pattern: 1 } }), 'matched');
    const verdict = judgeRule(rule({ ...fits, 'trigger.int': { type: 'equals', pattern: 2 } }), input());
    assert.deepEqual(verdict.outcome === 'unmatched' && verdict.mismatch, {
      key: 'trigger.int',
      type: 'equals',
      pattern: 2,
      value: 1,
    });
  });

  it('paths reach into lists and quoted names', () => {
    assert.equal(outcome({ "trigger.headers.'X-Event'": { type: 'equals', pattern: 'push' } }), 'matched');
    assert.equal(outcome({ 'trigger.headers[X-Event]': { type: 'equals', pattern: 'push' } }), 'matched');
    assert.equal(outcome({ 'trigger.list[1].to_value': { type: 'equals', pattern: 'Stanley' } }), 'matched');
    assert.equal(outcome({ 'trigger.list[*].to_value': { type: 'equals', pattern: 'Approved' } }), 'matched');
    assert.equal(outcome({ 'trigger.list[7].to_value': { type: 'exists' } }), 'unmatched');
  });

  it('patterns that are one template keep their type', () => {
    assert.equal(outcome({ 'trigger.int': { type: 'equals', pattern: '{{ trigger.int }}' } }), 'matched');
    assert.equal(outcome({ 'trigger.bool': { type: 'equals', pattern: '{{ trigger.bool }}' } }), 'matched');
    assert.equal(outcome({ 'trigger.float': { type: 'gt', pattern: '{{ (trigger.float - 0.5) }}' } }), 'matched');
  });

  it('falsy patterns are patterns', () => {
    assert.equal(outcome({ 'trigger.int': { type: 'gt', pattern: 0 } }), 'matched');
    assert.equal(outcome({ 'trigger.int': { type: 'lt', pattern: 0 } }), 'unmatched');
  });

  it('patterns see the datastore', async () => {
    const one = (pattern: string) => ({ 'trigger.p1': { type: 'equals', pattern } });
    assert.equal(outcome(one('{{ st2kv.system.known }}')), 'matched');
    assert.equal(outcome(one('{{ st2kv.system.missing }}')), 'unmatched');
    assert.equal(outcome({ 'trigger.p2': { type: 'equals', pattern: 'pre{{ st2kv.system.mid }}post' } }), 'unmatched');
    const fetched: string[] = [];
    const found = await withKeyValues(
      async ({ key }) => {
        fetched.push(key);
        return 'YYY';
      },
      (keyValues) =>
        outcome({ 'trigger.p2': { type: 'equals', pattern: 'pre{{ st2kv.system.mid }}post' } }, { keyValues }),
    );
    assert.deepEqual([found, fetched], ['matched', ['mid']]);
  });

  it('a request for a value of the datastore passes through', () => {
    const keyValues = () => {
      throw new EffectRequiredError({ kind: 'st2kv', key: 'x', args: {} });
    };
    const criteria = { 'trigger.p1': { type: 'equals', pattern: '{{ st2kv.system.x }}' } };
    assert.throws(() => outcome(criteria, { keyValues }), EffectRequiredError);
  });

  it('what cannot be decided is a failure with its reason', () => {
    const cases: readonly (readonly [criterion: unknown, key: string, reason: RegExp])[] = [
      [{ type: 'gt', pattern: 'a' }, 'trigger.int', /problem with the criteria in rule test\.rule: '>' not supported/],
      [{ type: 'nothing', pattern: 'a' }, 'trigger.int', /Invalid operator: nothing/],
      [{ type: 'equals', pattern: '{{ nothing.at_all }}' }, 'trigger.int', /Failed to render pattern value/],
      [{ type: 'equals', pattern: 1 }, 'trigger..[', /Failed transforming criteria key/],
    ];
    for (const [criterion, key, reason] of cases) {
      const verdict = judgeRule(rule({ [key]: criterion }), input());
      assert.equal(verdict.outcome, 'failed', key);
      assert.match(verdict.outcome === 'failed' ? verdict.reason : '', reason);
    }
  });

  it('a criterion without an operator does not match', () => {
    assert.equal(outcome({ 'trigger.p1': { pattern: 'v1' } }), 'unmatched');
    assert.equal(outcome({ 'trigger.p1': 'v1' }), 'unmatched');
  });

  for (const [condition, pattern, expected] of SEARCHES) {
    it(`search ${condition} of ${Object.keys(pattern).length}: ${expected}`, () => {
      assert.equal(outcome({ 'trigger.list': { type: 'search', condition, pattern } }), expected);
    });
  }

  it('an item of which a search cannot be decided does not keep others from fitting', () => {
    const named = (condition: string) => ({
      'trigger.list': { type: 'search', condition, pattern: { 'item.name': { type: 'iequals', pattern: 'ann' } } },
    });
    const people = (...list: readonly object[]) => ({ payload: { list } });
    assert.equal(outcome(named('any'), people({ age: 5 }, { name: 'Ann' })), 'matched');
    assert.equal(outcome(named('any'), people({ age: 5 }, { name: 'Bob' })), 'failed');
    assert.equal(outcome(named('all'), people({ name: 'Ann' }, { age: 5 })), 'failed');
  });

  it('a backstop rule matches only where no other did', () => {
    const backstop = rule({}, { ref: 'test.backstop', type: { ref: 'backstop' } });
    const other = rule({ 'trigger.p1': { type: 'equals', pattern: 'v2' } });
    const refs = (rules: readonly Rule[]) =>
      createRuleSet(rules)
        .match(input())
        .filter((verdict) => verdict.outcome === 'matched')
        .map((verdict) => verdict.rule.ref);
    assert.deepEqual(refs([backstop, other]), ['test.backstop']);
    assert.deepEqual(refs([backstop, rule({})]), ['test.rule']);
    assert.deepEqual(refs([backstop]), ['test.backstop']);
  });

  it('a set of rules decides as each rule by itself, whatever comes before the text that it is found by', () => {
    const is = (pattern: unknown, type = 'equals') => ({ type, pattern });
    const criteria: readonly Record<string, unknown>[] = [
      {},
      { 'trigger.p1': is('v1') },
      { 'trigger.p1': is('v2') },
      { 'trigger.p1': is('v1', 'EQ'), 'trigger.int': is(1) },
      { 'trigger.p1': is('v1'), 'trigger.int': is('a', 'gt') },
      { 'trigger.p1': is('v2'), 'trigger.int': is('a', 'gt') },
      { 'trigger.int': is('a', 'gt'), 'trigger.p1': is('v2') },
      { 'trigger.bool': is(null, 'exists'), 'trigger.p2': is('preYYYpost') },
      { 'trigger.bool': is(null, 'nexists'), 'trigger.p2': is('preYYYpost') },
      { 'trigger.p1': is('{{ trigger.p1 }}') },
      { 'trigger.int': is('1') },
      { 'trigger.none': is('v1') },
      { 'trigger.none': is('', 'equals') },
      { 'trigger.parent': is('v1') },
      { 'trigger.list[0].to_value': is('Approved') },
      { 'trigger.p1': is('v1', 'nequals'), 'trigger.p2': is('preYYYpost') },
      { 'trigger.p1': is('v2', 'nequals'), 'trigger.p2': is('preYYYpost') },
    ];
    const rules = criteria.map((one, index) => rule(one, { ref: `test.${index}` }));
    const told = (verdicts: readonly { readonly rule: Rule; readonly outcome: string }[]) =>
      verdicts.map((verdict) => `${verdict.rule.ref} ${verdict.outcome}`);
    for (const payloadToJudge of [payload, {}, { ...payload, p1: 1 }, { p1: 'v2', p2: 'preYYYpost' }]) {
      const given = input({ payload: payloadToJudge });
      const single = rules.map((one) => judgeRule(one, given)).filter(({ outcome: how }) => how !== 'unmatched');
      assert.deepEqual(told(createRuleSet(rules).match(given)), told(single));
    }
  });
});
