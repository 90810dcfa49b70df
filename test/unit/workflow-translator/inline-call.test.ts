import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PyFloat } from '../../../core/python/values.ts';
import { parseInlineCall, stackstormGrammar } from '../../../workflow-translator/build/inline-call.ts';
import { cpuTime } from '../../support/cpu-time.ts';

describe('inline calls of Mistral', () => {
  const cases: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['std.noop', 'std.noop', {}],
    ['std.echo output="a b"', 'std.echo', { output: 'a b' }],
    ["std.echo output='it'", 'std.echo', { output: 'it' }],
    ['std.echo output=5 delay=0', 'std.echo', { output: 5, delay: 0 }],
    ['x a=true b=false c=null', 'x', { a: true, b: false, c: null }],
    ['x a=<% $.b + 1 %> c={{ _.d }}', 'x', { a: '<% $.b + 1 %>', c: '{{ _.d }}' }],
    ['x a=[1, 2.0, "b"]', 'x', { a: [1, new PyFloat(2), 'b'] }],
    ['x a=[1, b]', 'x', { a: '[1, b]' }],
    ['x a=007', 'x', { a: '007' }],
    ['x a=1.5', 'x', { a: 1 }],
    ['x a=word b=-1 c=False d={"k":[1,null]}', 'x', {}],
    ['x break-on=<% true %>', 'x', { 'break-on': '<% true %>' }],
    ['x a=1b=2', 'x', { a: 1, b: 2 }],
    ['<% $.name %> a=1', '<% $.name %>', { a: 1 }],
    ['{{ _.name }} a=1', '{{ _.name }}', { a: 1 }],
    ['fail(msg="a b")', 'fail', { msg: 'a b' }],
  ];
  for (const [text, name, params] of cases) {
    it(text, () => {
      const call = parseInlineCall(text);
      assert.equal(call?.name, name);
      assert.deepEqual(Object.fromEntries(call?.params ?? []), params);
    });
  }

  it('a text that does not begin with a name is no call', () => assert.equal(parseInlineCall('! a=1'), undefined));
});

describe('inline calls of StackStorm', () => {
  it('Jinja is no value and names have no dash', () => {
    const call = parseInlineCall('core.local cmd={{ _.x }} a-b=1 c=2', stackstormGrammar);
    assert.deepEqual([call?.name, Object.fromEntries(call?.params ?? [])], ['core.local', { b: 1, c: 2 }]);
  });
});

describe('inline calls made to be slow', () => {
  for (const piece of ['a=', 'a=<%', 'a={{', 'a=[', 'a="', "a='", 'aaaa', '=', 'a=" ']) {
    it(`many of ${piece}`, () => {
      assert.ok(cpuTime(() => parseInlineCall(`x ${piece.repeat(100_000 / piece.length)}`)) < 1000);
    });
  }
});
