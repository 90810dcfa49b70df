import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFormBody, parseJsonBody } from '../../../api/server/body.ts';
import { toErrorAnswer } from '../../../api/server/errors.ts';
import { normalizeUrl } from '../../../api/server/normalize-url.ts';
import { parseQuery } from '../../../api/server/query.ts';
import { ConflictError, NotFoundError, ValidationError } from '../../../core/errors.ts';

test('query: only declared names exist, of their kind', () => {
  const query = parseQuery(
    { limit: 'integer', enabled: 'boolean', id: 'list', name: 'string' },
    { limit: '-1', enabled: 'Yes', id: ['a,b', 'c'], name: '', 'status[$ne]': 'x', __proto__: 'y' },
  );
  assert.equal(query.integer('limit'), -1);
  assert.equal(query.flag('enabled'), true);
  assert.deepEqual(query.list('id'), ['a', 'b', 'c']);
  assert.equal(query.text('name'), undefined);
  assert.equal(query.text('status[$ne]'), undefined);
  assert.equal(query.has('toString'), false);
});

test('query: a value of the wrong kind is named', () => {
  assert.throws(
    () => parseQuery({ limit: 'integer' }, { limit: '1.5' }),
    /^ValidationError: Parameter "limit" is not of type integer$/,
  );
  assert.throws(() => parseQuery({ x: 'boolean' }, { x: 'perhaps' }), /Parameter "x" is not of type boolean/);
  assert.throws(() => parseQuery({ id: 'list' }, { id: 'a,'.repeat(200) }), /Maximum of 100 items/);
});

test('JSON: whole numbers of more digits than a number holds are text, also beside suspicious keys', () => {
  const text = '{"id": 1234567890123456789, "key": "__proto__"}';
  assert.deepEqual(parseJsonBody(text), { id: '1234567890123456789', key: '__proto__' });
});

const wrong: readonly [string, RegExp][] = [
  ['{"ttl": ', /unexpected end of data: line 1 column 9 \(char 8\)/],
  ['{"action": ', /unexpected end of data: line 1 column 12 \(char 11\)/],
  ['{"a":1}x', /unexpected content after document: line 1 column 8 \(char 7\)/],
  ['{"a":\n  nonsense}', /unexpected character/],
  [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, /Recursion limit reached/],
  ['{"__proto__": {"admin": true}}', /"__proto__" is not allowed/],
  ['{"\\u005f_proto__": {"admin": true}}', /"__proto__" is not allowed/],
  ['{"a": {"b\\u0000": 1}}', /must not contain null characters/],
];

for (const [text, expected] of wrong) {
  test(`body: ${text.slice(0, 40)} is refused`, () => {
    assert.throws(
      () => parseJsonBody(text),
      (error: Error) => {
        assert.match(error.message, /^Failed to parse request body: /);
        assert.match(error.message, expected);
        return error instanceof ValidationError;
      },
    );
  });
}

test('body: brackets within texts do not count as depth', () => {
  const text = JSON.stringify({ a: '['.repeat(5_000), b: '\\"[[' });
  assert.deepEqual(parseJsonBody(text), JSON.parse(text));
  assert.deepEqual(parseJsonBody('  '), {});
});

test('body: a form gives lists of values', () => {
  assert.deepEqual(parseFormBody('a=1&b=2&a=3&c=&d'), { a: ['1', '3'], b: ['2'] });
  assert.throws(() => parseFormBody('a%00b=1'), /a key must not contain null characters/);
  assert.throws(() => parseFormBody('__proto__=1'), /the key "__proto__" is not allowed/);
});

const urls: readonly [string, string][] = [
  ['/v1/actions/', '/actions'],
  ['/api/v1/executions/?parent=x', '/executions?parent=x'],
  ['/actionexecutions', '/executions'],
  ['/v1/actionexecutions/abc/children/', '/executions/abc/children'],
  ['/auth/v1/tokens', '/tokens'],
  ['/stream/v1/stream', '/stream'],
  ['/v1', '/'],
  ['/v1/', '/'],
  ['/', '/'],
  ['/v1x/actions', '/v1x/actions'],
  ['/v1/actions/50%/%zz/%41', '/actions/50%25/%25zz/%41'],
];

for (const [given, expected] of urls) {
  test(`url: ${given} is ${expected}`, () => assert.equal(normalizeUrl(given), expected));
}

test('errors: the code decides the status, a defect says nothing', () => {
  assert.deepEqual(toErrorAnswer(new NotFoundError('gone')), { status: 404, body: { faultstring: 'gone' } });
  assert.deepEqual(toErrorAnswer(new ConflictError('there', 'abc')), {
    status: 409,
    body: { 'conflict-id': 'abc', faultstring: 'there' },
  });
  const defect = toErrorAnswer(new TypeError('password of the database is x'));
  assert.deepEqual(defect, { status: 500, body: { faultstring: 'Internal Server Error' } });
});
