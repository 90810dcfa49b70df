import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  floorDivide,
  modulo,
  multiply,
  parseInteger,
  power,
  round,
  subtract,
} from '../../../core/python/arithmetic.ts';
import { parseDateTime } from '../../../core/python/date-parser.ts';
import { createDict } from '../../../core/python/dict.ts';
import { pyEquals, pyHash, pyTruth } from '../../../core/python/equality.ts';
import { jsonDumps, jsonLoads } from '../../../core/python/json.ts';
import { floatRepr, pyRepr, pyStr } from '../../../core/python/repr.ts';
import { formatDateTime, parseWithFormat } from '../../../core/python/strftime.ts';
import { findText, replaceText, rightSplitText, splitText, stripText } from '../../../core/python/text.ts';
import { toJsonValue } from '../../../core/python/to-json.ts';
import { PyDateTime, PyDict, PyFloat, PySet, PyTimeDelta, toPyFloat, toPyTuple } from '../../../core/python/values.ts';

describe('Python values: text', () => {
  const reprs: readonly (readonly [unknown, string])[] = [
    [[1, 'a', null, true], "[1, 'a', None, True]"],
    [toPyTuple([1]), '(1,)'],
    [{ a: new PyFloat(2) }, "{'a': 2.0}"],
    ["it's", '"it\'s"'],
    ['a\n\u0001é', "'a\\n\\x01é'"],
    [new PySet([3, 1, 2]), '{1, 2, 3}'],
    [new PySet([], true), 'frozenset()'],
    [new PyTimeDelta(-1, 5), 'datetime.timedelta(days=-1, seconds=5)'],
  ];
  for (const [value, expected] of reprs) test(expected, () => assert.equal(pyRepr(value), expected));

  test('floats print in their shortest form', () => {
    const floats = [0.1, 1e16, 1e-5, 123456789, -0, 1e22, 5e-324];
    const expected = ['0.1', '1e+16', '1e-05', '123456789.0', '-0.0', '1e+22', '5e-324'];
    assert.deepEqual(floats.map(floatRepr), expected);
    assert.equal(pyStr(toPyFloat(3)), '3.0');
  });
});

describe('Python values: equality', () => {
  test('1, 1.0 and true are one key; the first stays', () => {
    const set = new PySet([1, true, new PyFloat(1), '1']);
    assert.deepEqual([...set], [1, '1']);
    assert.equal(
      new PyDict([
        [1, 'a'],
        [true, 'b'],
      ]).get(new PyFloat(1)),
      'b',
    );
  });

  test('lists, tuples and dicts compare by content, not across types', () => {
    assert.ok(pyEquals([1, { a: 2 }], [true, { a: new PyFloat(2) }]));
    assert.ok(!pyEquals([1], toPyTuple([1])));
    assert.ok(!pyEquals({ a: undefined }, { b: undefined }));
    assert.throws(() => pyHash([1]), { kind: 'TypeError' });
  });

  test('truth', () => {
    for (const value of [null, 0, new PyFloat(0), '', [], {}, new PySet(), false]) assert.equal(pyTruth(value), false);
    for (const value of [1, 'a', [0], { a: 0 }, 0.5]) assert.equal(pyTruth(value), true);
  });

  test('a dict whose keys are text is a plain object, whatever the keys are', () => {
    const dict = createDict([
      ['__proto__', 1],
      ['a', 2],
    ]) as Record<string, unknown>;
    assert.deepEqual(Object.keys(dict), ['__proto__', 'a']);
    assert.ok(
      createDict([
        ['a', 1],
        [2, 3],
      ]) instanceof PyDict,
    );
  });
});

describe('Python values: JSON', () => {
  test('reading keeps floats and big integers', () => {
    const value = jsonLoads('[2.0, 2, 1e3, 12345678901234567890, "\\ud83d\\ude00"]');
    assert.deepEqual(value, [new PyFloat(2), 2, new PyFloat(1000), 12345678901234567890n, '😀']);
  });

  test('writing follows json.dumps', () => {
    assert.equal(jsonDumps({ b: [1, new PyFloat(2)], a: 'é' }), '{"b": [1, 2.0], "a": "\\u00e9"}');
    assert.equal(jsonDumps({ b: 1, a: [] }, { indent: 2, sortKeys: true }), '{\n  "a": [],\n  "b": 1\n}');
    assert.throws(() => jsonDumps(new PySet([1])), { kind: 'TypeError' });
  });

  test('errors tell the place', () => {
    assert.throws(() => jsonLoads('[1,\n x]'), { kind: 'JSONDecodeError', message: /line 2 column 2/ });
    assert.throws(() => jsonLoads('NaN', { strictNumbers: true }), { kind: 'JSONDecodeError' });
  });

  test('plain JSON for storage', () => {
    const value = {
      f: new PyFloat(2),
      s: new PySet([1]),
      d: new PyDateTime({ year: 2024, month: 1, day: 2 }),
      n: 2n ** 70n,
    };
    assert.deepEqual(toJsonValue(value), { f: 2, s: [1], d: '2024-01-02T00:00:00', n: '1180591620717411303424' });
  });
});

describe('Python values: arithmetic', () => {
  test('division rounds down, the remainder has the sign of the divisor', () => {
    assert.equal(floorDivide(-5, 2), -3);
    assert.equal(modulo(-5, 3), 1);
    assert.equal(modulo(5, -3), -1);
    assert.throws(() => modulo(1, new PyFloat(0)), { kind: 'ZeroDivisionError' });
  });

  test('integers are unbounded, up to a limit', () => {
    assert.equal(multiply(2 ** 52, 4), 18014398509481984n);
    assert.equal(power(2, 100), 2n ** 100n);
    assert.throws(() => power(2, 10_000_000), { kind: 'LimitExceeded' });
    assert.equal(subtract(10, 9007199254740993n), -9007199254740983);
    assert.equal(parseInteger(' -1_000 '), -1000);
    assert.throws(() => parseInteger('3.0'), { kind: 'ValueError' });
  });

  test('powers of floats are rounded correctly', () => {
    assert.equal(power(0.5, 1.5), 0.3535533905932738);
    assert.equal(power(0.5, -2.5), 5.656854249492381);
    assert.equal(power(2, -1), 0.5);
    assert.deepEqual(power(new PyFloat(9), 0.5), new PyFloat(3));
    assert.equal(power(1.1, -3), 0.7513148009015775);
  });

  test('rounding is half to even, of the exact value', () => {
    assert.deepEqual(round(2.5, 0), new PyFloat(2));
    assert.equal(round(2.675, 2), 2.67);
    assert.equal(round(1250, -2), 1200);
  });
});

describe('Python values: strings count code points', () => {
  test('find, split, strip, replace', () => {
    assert.equal(findText('🐎ab', 'b', 0, 99), 2);
    assert.equal(findText('abcab', 'ab', 0, 99, true), 3);
    assert.deepEqual(splitText('  a b  c ', null, 1), ['a', 'b  c ']);
    assert.deepEqual(rightSplitText('a,b,c', ',', 1), ['a,b', 'c']);
    assert.equal(stripText('xxaxx', 'x', 'left'), 'axx');
    assert.equal(replaceText('aaa', 'a', 'b', 2), 'bba');
    assert.equal(replaceText('ab', '', '-', -1), '-a-b-');
  });
});

describe('Python values: dates', () => {
  const never = (): PyDateTime => assert.fail('the present was asked for');

  test('formatting and parsing', () => {
    const moment = new PyDateTime({
      year: 2024,
      month: 2,
      day: 29,
      hour: 15,
      minute: 4,
      offset: new PyTimeDelta(0, 3600),
    });
    assert.equal(formatDateTime(moment, '%a %d %b %Y %I:%M %p %z %j %%'), 'Thu 29 Feb 2024 03:04 PM +0100 060 %');
    assert.equal(String(parseWithFormat('29/02/2024 15:04', '%d/%m/%Y %H:%M')), '2024-02-29 15:04:00');
    assert.equal(String(parseWithFormat('2024 200', '%Y %j')), '2024-07-18 00:00:00');
    assert.equal(String(parseWithFormat('2024-W10-3', '%G-W%V-%u')), '2024-03-06 00:00:00');
    assert.throws(() => parseWithFormat('30/02/2024', '%d/%m/%Y'), { kind: 'ValueError' });
  });

  const texts: readonly (readonly [string, string])[] = [
    ['2024-01-02T03:04:05.5Z', '2024-01-02 03:04:05.500000+00:00'],
    ['20240102', '2024-01-02 00:00:00'],
    ['Thu, 25 Sep 2003 10:49:41 -0300', '2003-09-25 10:49:41-03:00'],
    ['10/12/2023 5:30 PM', '2023-10-12 17:30:00'],
    ['Nov 22 2024', '2024-11-22 00:00:00'],
    ['10:30 2020-01-01', '2020-01-01 10:30:00'],
    ['March 3rd, 2015 at 3pm', '2015-03-03 15:00:00'],
  ];
  for (const [text, expected] of texts) {
    test(text, () => assert.equal(String(parseDateTime(text, never)), expected));
  }

  test('text that is no date', () => {
    assert.throws(() => parseDateTime('no date', never), { kind: 'ParserError' });
    assert.throws(() => parseDateTime('2024-13-01', never), { kind: 'ParserError' });
  });
});
