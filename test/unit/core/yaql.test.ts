import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EffectRequiredError } from '../../../core/errors.ts';
// biome-ignore lint/suspicious/noShadowRestrictedNames: a view on data, not one on bytes
import type { DataView } from '../../../core/expressions/data-view.ts';
import { evaluateYaql, type HostFunction, YaqlError, type YaqlOptions } from '../../../core/expressions/yaql/index.ts';
import { PyFloat, PySet } from '../../../core/python/values.ts';

function value(expression: string, data: unknown = null, options: Partial<YaqlOptions> = {}): unknown {
  return evaluateYaql(expression, { data, ...options });
}

function failure(expression: string, data: unknown = null, options: Partial<YaqlOptions> = {}): string {
  try {
    value(expression, data, options);
  } catch (error) {
    assert.ok(error instanceof YaqlError, String(error));
    assert.equal(error.code, 'YAQL');
    assert.equal(error.details.kind, error.kind);
    return error.kind;
  }
  return assert.fail(`${expression} did not fail`);
}

describe('YAQL: choice of overloads', () => {
  test('an unknown name, an unknown method and arguments that fit nothing are told apart', () => {
    assert.equal(failure('nothing(1)'), 'NoFunctionRegisteredException');
    assert.equal(failure('toUpper(a)'), 'NoFunctionRegisteredException');
    assert.equal(failure('1.str()'), 'NoMethodRegisteredException');
    assert.equal(failure("1 + 'a'"), 'NoMatchingFunctionException');
    assert.equal(failure('null.len()'), 'NoMatchingMethodException');
  });

  test('two overloads that fit equally well are ambiguous', () => {
    assert.equal(failure('concat()'), 'AmbiguousFunctionException');
  });

  test('the narrower type wins: insert into a list gives a list, into an iterator an iterator', () => {
    assert.deepEqual(value('[1, 2].insert(-1, 9)[1]'), 9);
    assert.equal(failure('[1, 2].select($).insert(0, 9)[0]'), 'NoMatchingFunctionException');
  });

  test('named arguments are in camelCase and can stand for any parameter', () => {
    assert.deepEqual(value("'a,b,c'.split(',', maxSplits => 1)"), ['a', 'b,c']);
    assert.equal(failure("'a,b,c'.split(',', max_splits => 1)"), 'NoMatchingMethodException');
    assert.equal(value("'abc'.substring(length => 1, start => 1)"), 'b');
  });

  test('an argument left out between commas means its default', () => {
    assert.deepEqual(value("'a b c'.split(, 1)"), ['a', 'b c']);
    assert.deepEqual(value('[0, , 3].select($)'), [0, null, 3]);
    assert.deepEqual(value('[, 2, 3].replace(0, x, 2)'), ['x', 3]);
    assert.equal(value('set(1, 2, 3) = set(, 2, 3, 4)'), false);
  });

  test('arguments are evaluated once, lazy ones only on demand', () => {
    let calls = 0;
    const count: HostFunction = { name: 'count_call', params: [], call: () => (calls += 1) };
    const functions = new Map([[count.name, count]]);
    value('count_call() + 1', null, { functions });
    assert.equal(calls, 1);
    value('coalesce(1, count_call())', null, { functions });
    value('false and count_call()', null, { functions });
    assert.equal(calls, 1);
  });
});

describe('YAQL: lazy collections', () => {
  test('endless sequences are only read as far as needed', () => {
    assert.deepEqual(value('sequence().where($ mod 2 = 1).limit(3)'), [1, 3, 5]);
    assert.deepEqual(value('sequence().takeWhile($ < 3)'), [0, 1, 2]);
    assert.equal(value('[1, 0].select(10 / $).first()'), 10);
  });

  test('an iterator can be used once, memorize makes it last', () => {
    assert.deepEqual(value('let(x => range(3)) -> [$x.len(), $x.len()]'), [3, 0]);
    assert.deepEqual(value('let(x => range(3).memorize()) -> [$x.len(), $x.toList()]'), [3, [0, 1, 2]]);
  });

  test('orderBy can be gone through again but has no index', () => {
    assert.deepEqual(value('let(x => [2, 1].orderBy($)) -> [$x.first(), $x.toList()]'), [1, [1, 2]]);
    assert.equal(failure('[2, 1].orderBy($)[0]'), 'NoMatchingFunctionException');
  });
});

describe('YAQL: scopes', () => {
  test('$ is the item in a lazy argument; what let saved stays visible', () => {
    const data = { ids: [2, 3], rows: [{ id: 1 }, { id: 2 }] };
    assert.deepEqual(value('let(r => $) -> $.rows.where($.id in $r.ids)', data), [{ id: 2 }]);
  });

  test('def makes functions that can call themselves; its name follows the convention', () => {
    assert.equal(value('def(fact, switch($ < 2 => 1, true => $ * fact($ - 1))) -> fact(5)'), 120);
    assert.equal(failure('def(my_func, $) -> my_func(1)'), 'NoFunctionRegisteredException');
  });

  test('an unknown variable is null', () => assert.equal(value('$unknown'), null));

  test('a context is no result', () => assert.equal(failure('let(a => 1)'), 'TypeError'));
});

describe('YAQL: data is never trusted', () => {
  test('keys of prototypes are ordinary keys', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      if (!name.startsWith('__')) assert.equal(failure(`$.${name}`, {}), 'KeyError');
      assert.equal(failure(`$['${name}']`, {}), 'KeyError');
      assert.equal(value(`$.get('${name}')`, {}), null);
      assert.equal(value(`$.containsKey('${name}')`, {}), false);
    }
    assert.equal(value('$.constructor', { constructor: 1 }), 1);
    assert.equal(value("$['__proto__']", JSON.parse('{"__proto__": 5}')), 5);
  });

  test('a dict with such keys has them as its own', () => {
    const result = value("{'__proto__' => {polluted => true}, constructor => 1}") as Record<string, unknown>;
    assert.deepEqual(Object.keys(result).sort(), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  test('properties of host objects cannot be reached', () => {
    assert.equal(failure('[1].constructor.toList().first()'), 'NoFunctionRegisteredException');
    assert.equal(failure("'a'.constructor"), 'NoFunctionRegisteredException');
    assert.equal(failure("regex('a').source"), 'NoFunctionRegisteredException');
  });

  test('the data is not changed by an expression', () => {
    const data = { list: [3, 1, 2], dict: { a: 1 } };
    value(
      "[$.list.orderBy($), $.list.insert(0, 9), $.dict.set('b', 2), $.dict.delete(a), $.dict.mergeWith({c => 1})]",
      data,
    );
    assert.deepEqual(data, { list: [3, 1, 2], dict: { a: 1 } });
  });
});

describe('YAQL: a view in place of data', () => {
  const asked: string[] = [];
  const view: DataView = {
    get: (name) => {
      asked.push(name);
      return name === 'name' ? 'x' : undefined;
    },
    has: (name) => name === 'name',
    keys: () => ['name'],
  };

  test('only the names that are used are looked up', () => {
    asked.length = 0;
    assert.equal(value('$.name + $.get(name)', view), 'xx');
    assert.deepEqual(asked, ['name', 'name']);
    assert.equal(failure('$.other', view), 'KeyError');
  });

  test('it turns into a dict where a dict is needed', () => {
    assert.deepEqual(value('$.keys().toList()', view), ['name']);
    assert.deepEqual(value('$', view), { name: 'x' });
    assert.equal(value('$.len()', view), 1);
  });
});

describe('YAQL: functions of the host', () => {
  const call: HostFunction = {
    name: 'join_them',
    params: [{ name: 'left' }, { name: 'rightSide', default: 'r' }],
    call: ([left, right]) => `${String(left)}-${String(right)}`,
  };
  const functions = new Map<string, HostFunction>([[call.name, call]]);

  test('defaults give types: text or null for a text', () => {
    assert.equal(value('join_them(1)', null, { functions }), '1-r');
    assert.equal(value("join_them(1, rightSide => 'x')", null, { functions }), '1-x');
    assert.equal(failure('join_them(1, 2)', null, { functions }), 'NoMatchingFunctionException');
    assert.equal(failure('1.join_them()', null, { functions }), 'NoMethodRegisteredException');
  });

  test('lists that they return are Python lists: they print as such and cannot be keys', () => {
    const give: HostFunction = { name: 'give', params: [], call: () => [1, [2]] };
    const table = new Map([[give.name, give]]);
    assert.equal(value('str(give())', null, { functions: table }), '[1, [2]]');
    assert.equal(value('str($)', [1, [2]], { functions: table }), '(1, (2,))');
    assert.equal(failure('[give()].distinct()', null, { functions: table }), 'TypeError');
  });

  test('a wish for an effect passes through unchanged', () => {
    const effect = new EffectRequiredError({ kind: 'st2kv', key: 'k', args: {} });
    const ask: HostFunction = {
      name: 'ask',
      params: [],
      call: () => {
        throw effect;
      },
    };
    assert.throws(
      () => value('[1].select(ask())', null, { functions: new Map([['ask', ask]]) }),
      (error) => error === effect,
    );
  });
});

describe('YAQL: results', () => {
  test('iterators become lists, views of dicts sets, floats stay floats', () => {
    assert.deepEqual(value('range(2)'), [0, 1]);
    assert.ok(value('$.keys()', { a: 1 }) instanceof PySet);
    assert.ok(value('4.0 / 2') instanceof PyFloat);
    assert.equal(value('4 / 3'), 1);
  });

  test('a set of lists cannot be a result', () => {
    assert.equal(failure('set([1])'), 'TypeError');
    assert.equal(failure('$.items()', { a: 1 }), 'TypeError');
  });

  test('keys keep the order in which they were given', () => {
    assert.deepEqual(value("{'2' => a, '1' => b}.keys().toList()"), ['2', '1']);
  });
});

describe('YAQL: limits', () => {
  const runaways = [
    'sequence().len()',
    '1.repeat().toList()',
    'range(100000000).sum()',
    'range(100000).aggregate($1 + [$2], [])',
    "'a' * 100000000",
    "range(40).aggregate($1 + $1, 'ab')",
    'range(60).aggregate($1 * $1, 3)',
    'pow(9, pow(9, 9))',
    'str(range(300).aggregate([$1, $1], [1]))',
    'range(40).aggregate([$1, $1], [1])',
    'range(40).aggregate([$1, $1], [1]).flatten().len()',
    "('a' * 40 + '!').matches('(?=a)(a+)+$')",
    "range(100000).select('x' * 100)",
  ];
  for (const expression of runaways) {
    test(`${expression} is stopped`, () => assert.equal(failure(expression), 'LimitExceeded'));
  }

  test('a function that calls itself for ever is stopped', () => {
    assert.equal(failure('def(f, f($)) -> f(1)'), 'RecursionError');
  });

  test('whether an expression is within its budget does not depend on what was evaluated before', () => {
    const expression = "'abc'.matches('a(b|c)+d?')";
    const tight = { budget: { steps: 40 } };
    assert.equal(failure(expression, null, tight), 'LimitExceeded');
    assert.equal(evaluateYaql(expression, { data: null }), true);
    assert.equal(failure(expression, null, tight), 'LimitExceeded');
  });

  test('the budget can be set', () => {
    assert.equal(failure('range(100).toList()', null, { budget: { steps: 50 } }), 'LimitExceeded');
    assert.equal(failure("'abc' * 10", null, { budget: { outputLength: 20 } }), 'LimitExceeded');
    assert.equal(failure('range(10)', null, { engine: { limitIterators: 5 } }), 'CollectionTooLargeException');
  });
});
