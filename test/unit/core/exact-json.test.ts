import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLongInteger, parseExactly, stringifyExactly } from '../../../core/python/exact-json.ts';

describe('JSON with long integers', () => {
  it('keeps their digits as text, and all else as JSON.parse does', () => {
    const text =
      '{"id": 1234567890123456789, "in": [-9007199254740993, 9007199254740991], "x": 0.12345678901234568, "t": "12345678901234567890", "e": 1e3}';
    assert.deepEqual(parseExactly(text), {
      id: '1234567890123456789',
      in: ['-9007199254740993', 9007199254740991],
      x: 0.12345678901234568,
      t: '12345678901234567890',
      e: 1000,
    });
  });

  it('fails as JSON.parse does', () => {
    assert.throws(() => parseExactly('{"id": 1234567890123456789'), SyntaxError);
  });

  it('knows the text of one', () => {
    for (const text of ['1234567890123456789', '-9007199254740993']) assert.ok(isLongInteger(text));
    for (const value of [
      '9007199254740991',
      '01234567890123456789',
      '1234567890123456789.5',
      ' 1234567890123456789',
      5,
    ])
      assert.ok(!isLongInteger(value), String(value));
  });

  it('writes it as a number where an integer is meant', () => {
    const values = { id: '1234567890123456789', text: '1234567890123456789', list: [1], gone: undefined };
    const text = stringifyExactly(values, (key) => key === 'id' || key === 'list');
    assert.equal(text, '{"id":1234567890123456789,"text":"1234567890123456789","list":[1]}');
    assert.equal(
      stringifyExactly(values, () => false),
      JSON.stringify(values),
    );
  });
});
