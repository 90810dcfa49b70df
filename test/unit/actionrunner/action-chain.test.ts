// What StackStorm's own tests of action chains ask for, with children that end as the test says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseChain } from '../../../actionrunner/runners/action-chain/chain-definition.ts';
import { ChainRun } from '../../../actionrunner/runners/action-chain/run-chain.ts';
import type { RunContext, Values } from '../../../actionrunner/runners/contract.ts';
import type { Execution } from '../../../stores/executions.ts';
import { runContext } from './support/run-context.ts';

interface Child {
  readonly status?: string;
  readonly result?: unknown;
}

interface Setting {
  readonly chain: unknown;
  readonly parameters?: Values;
  readonly runner?: Values;
  readonly stored?: Readonly<Record<string, string>>;
  readonly execution?: Values;
  readonly config?: () => Promise<Values>;
  /** How the child of a task ends, by the task's name; an Error is thrown by the request. */
  readonly children?: Readonly<Record<string, Child | Error>>;
}

const TYPES = {
  text: { type: 'string' },
  whole: { type: 'integer' },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  list: { type: 'array' },
  map: { type: 'object' },
};

const CONFIG = async (): Promise<Values> => ({ region: 'eu' });

function world({ chain, parameters = {}, runner = {}, stored = {}, ...more }: Setting) {
  const { execution = {}, config: packConfig = CONFIG, children = {} } = more;
  const asked: {
    readonly task: string;
    readonly parameters: Values;
    readonly notify?: unknown;
    readonly context: Values;
  }[] = [];
  const executions = new Map<string, Execution>();
  const base = runContext();
  const services = {
    ...base.services,
    packConfig,
    keyValues: { value: async (_scope: string, key: string) => stored[key], decrypt: (text: string) => text },
    bus: { subscribe: async () => ({ cancel: async () => undefined }) },
    stores: {
      actions: {
        findOne: async ({ ref }: Values) =>
          ref === 'no.such' ? undefined : { ref, runner_type: 'r', parameters: TYPES },
      },
      runnerTypes: { findOne: async () => ({ runner_parameters: {} }) },
      executions: { get: async (id: string) => executions.get(id), findOne: async () => undefined },
    },
    actions: {
      updateProgress: async () => undefined,
      request: async (request: { parameters: Values; notify?: unknown; context: { chain: { name: string } } }) => {
        const task = request.context.chain.name;
        asked.push({ task, ...request });
        const child = children[task] ?? {};
        if (child instanceof Error) throw child;
        const made = { id: `x-${task}`, liveaction_id: `l-${task}`, status: 'succeeded', result: {}, ...child };
        executions.set(made.id, made as never);
        return made;
      },
    },
  };
  const context = {
    ...base,
    services,
    actionParameters: parameters,
    runnerParameters: runner,
    execution: { ...base.execution, ...execution },
  } as unknown as RunContext;
  return { run: () => new ChainRun(context, parseChain(chain)), asked, executions };
}

async function run(setting: Setting) {
  const { run: make, asked } = world(setting);
  const { status, result } = await make().start();
  const { tasks, published, error } = result as { tasks: Values[]; published?: Values; error?: string };
  return { status, tasks, published, error, asked, names: asked.map(({ task }) => task) };
}

const task = (name: string, more: Values = {}) => ({ name, ref: 'core.any', ...more });
const LINE = [
  task('c1', { 'on-success': 'c2', 'on-failure': 'c4' }),
  task('c2', { 'on-success': 'c3', 'on-failure': 'c4' }),
  task('c3', { 'on-failure': 'c4' }),
  task('c4'),
];

describe('the tasks of a chain', () => {
  it('follow each other, also without parameters and without a default', async () => {
    const { status, names, published } = await run({ chain: { chain: LINE } });
    assert.deepEqual([status, names, published], ['succeeded', ['c1', 'c2', 'c3'], {}]);
  });

  it('lead to on-failure; the last one decides how the chain ends', async () => {
    const recovered = await run({ chain: { chain: LINE }, children: { c1: { status: 'failed' } } });
    assert.deepEqual([recovered.status, recovered.names], ['succeeded', ['c1', 'c4']]);
    const lost = await run({
      chain: { chain: LINE },
      children: { c3: { status: 'failed' }, c4: { status: 'abandoned' } },
    });
    assert.deepEqual([lost.status, lost.names], ['failed', ['c1', 'c2', 'c3', 'c4']]);
    const late = await run({ chain: { chain: [task('a'), task('b')] }, children: { a: { status: 'timeout' } } });
    assert.deepEqual([late.status, late.names], ['timeout', ['a']]);
  });

  it('need no configuration that they do not name', async () => {
    const config = () => Promise.reject(new Error('broken'));
    const plain = await run({ chain: { chain: [task('a')] }, config });
    assert.equal(plain.status, 'succeeded');
    const named = task('a', { parameters: { text: '{{ config_context.region }}' } });
    assert.match(String((await run({ chain: { chain: [named] }, config })).error), /broken/);
  });

  it('end the chain when one is canceled', async () => {
    const { status, names } = await run({ chain: { chain: LINE }, children: { c2: { status: 'canceled' } } });
    assert.deepEqual([status, names], ['canceled', ['c1', 'c2']]);
  });

  it('pause the chain when one is paused or waits for an answer', async () => {
    for (const waiting of ['paused', 'pending']) {
      const { status, names } = await run({ chain: { chain: LINE }, children: { c1: { status: waiting } } });
      assert.deepEqual([status, names], ['paused', ['c1']]);
    }
  });

  it('that cannot be requested have failed, with the reason', async () => {
    const children = { c1: new Error('Test Failure.'), c4: new Error('Test Failure.') };
    const { status, tasks, names } = await run({ chain: { chain: LINE }, children });
    assert.deepEqual([status, names], ['failed', ['c1', 'c4']]);
    for (const { state, result } of tasks) {
      assert.equal(state, 'failed');
      assert.match((result as { error: string }).error, /^Failed running task "c\d"\. Test Failure\.$/);
    }
  });

  it('may name a task that follows by nothing that is known: the chain fails there', async () => {
    const { status, error, tasks } = await run({ chain: { chain: [task('a', { 'on-success': '{{ nowhere }}' })] } });
    assert.equal(status, 'failed');
    assert.equal(tasks.length, 1);
    assert.equal(error, 'Failed to get next node after "a". Unable to find node with name "{{ nowhere }}".');
  });

  it('of an action that does not exist fail the chain', async () => {
    const { status, error } = await run({ chain: { chain: [task('a', { ref: 'no.such' })] } });
    assert.deepEqual(
      [status, error],
      ['failed', 'Failed to run task "a". Action with reference "no.such" doesn\'t exist.'],
    );
  });

  it('are notified about as the task says, else as the chain, and not at all when it is skipped', async () => {
    const own = { 'on-complete': { message: 'own' } };
    const { asked } = await run({
      chain: {
        chain: [
          task('a', { notify: own, 'on-success': 'b' }),
          task('b', { 'on-success': 'c' }),
          task('c', { notify: own }),
        ],
      },
      runner: { skip_notify: ['c'] },
      execution: { notify: { on_complete: { message: 'all' } } },
    });
    assert.deepEqual(
      asked.map(({ notify }) => notify),
      [own, { on_complete: { message: 'all' } }, undefined],
    );
  });
});

describe('the parameters of a task', () => {
  it('see those of the chain, results, variables, the datastore, the configuration and the context', async () => {
    const parameters = {
      text: '{{ word }} {{ a.o }} {{ v }} {{ st2kv.system.k }} {{ system.k }} {{ config_context.region }}',
      map: '{{ __results }}',
      list: ['{{ whole }}', '{{ action_context.parent.user }}'],
    };
    const { asked } = await run({
      chain: { vars: { v: '{{ word }}!' }, chain: [task('a', { 'on-success': 'b' }), task('b', { parameters })] },
      parameters: { word: 'x', whole: 5 },
      stored: { k: 'kept' },
      execution: { context: { user: 'ada' } },
      children: { a: { result: { o: 1 } } },
    });
    assert.deepEqual(asked[1]?.parameters, { text: 'x 1 x! kept kept eu', map: { a: { o: 1 } }, list: ['5', 'ada'] });
  });

  it('get the types of the action; "params" is the old name', async () => {
    const params = {
      whole: '{{ n }}',
      number: '{{ f }}',
      flag: '{{ n == 1 }}',
      map: { k: '{{ n }}' },
      list: '{{ [n] }}',
    };
    const { asked } = await run({ chain: { chain: [task('a', { params })] }, parameters: { n: 1, f: 3.14 } });
    assert.deepEqual(asked[0]?.parameters, { whole: 1, number: 3.14, flag: true, map: { k: '1' }, list: [1] });
  });

  it('that cannot be rendered or cast end the chain, with the task named', async () => {
    const chain = (parameters: Values) => ({
      chain: [task('a', { 'on-success': 'b' }), task('b', { parameters, 'on-failure': 'a' })],
    });
    const missing = await run({ chain: chain({ text: '{{ nope }}' }) });
    assert.deepEqual([missing.status, missing.names, missing.tasks.length], ['failed', ['a'], 1]);
    assert.match(
      missing.error ?? '',
      /^Failed to run task "b"\. Parameter rendering failed\. Failed rendering value for action parameter "text" in task "b" \(template string=\{\{ nope \}\}\): 'nope' is undefined/,
    );
    const wrong = await run({ chain: chain({ list: 'no list' }) });
    assert.match(
      wrong.error ?? '',
      /^Failed to run task "b"\. Failed to cast value of type str for parameter "list" of type "array"\. /,
    );
  });
});

describe('variables of a chain', () => {
  it('are published from results, and seen by later tasks', async () => {
    const { asked, published } = await run({
      chain: {
        vars: { from: 'vars' },
        chain: [
          task('a', { publish: { said: '{{ a.out }} {{ given }} {{ from }}' }, 'on-success': 'b' }),
          task('b', { parameters: { text: '{{ said }}' } }),
        ],
      },
      parameters: { given: 'x' },
      children: { a: { result: { out: 'yes' } } },
    });
    assert.equal(asked[1]?.parameters.text, 'yes x vars');
    assert.deepEqual(published, { said: 'yes x vars' });
  });

  it('are not shown where that is switched off', async () => {
    const { published } = await run({ chain: { chain: LINE }, runner: { display_published: false } });
    assert.equal(published, undefined);
  });

  it('that cannot be rendered end the chain, and what has run is shown', async () => {
    const { status, error, tasks } = await run({
      chain: { chain: [task('a', { publish: { v: '{{ nope }}' }, 'on-success': 'b', 'on-failure': 'b' }), task('b')] },
    });
    assert.deepEqual([status, tasks.length], ['failed', 1]);
    assert.match(
      error ?? '',
      /^Failed to publish variables of task "a"\. Failed rendering value for publish parameter "v" in task "a"/,
    );
    const before = await run({ chain: { vars: { v: '{{ nope }}' }, chain: LINE } });
    assert.deepEqual([before.status, before.tasks], ['failed', []]);
    assert.match(before.error ?? '', /^Failed initializing ``vars`` in chain\. /);
  });
});

describe('a chain that goes on after a pause', () => {
  const first = { id: 'a', name: 'a', execution_id: 'x-a', created_at: '2020-01-01T00:00:00Z', result: {} };
  const chain = {
    chain: [
      task('a', { publish: { v: '{{ a.out }}' }, 'on-success': 'b' }),
      task('b', { parameters: { text: '{{ v }}' } }),
    ],
  };

  it('takes the present state of its last task, its variables and what it has published', async () => {
    const execution = {
      result: { tasks: [{ ...first, state: 'pending' }], published: { old: 1 } },
      context: { vars: { old: 1 } },
    };
    const { run: make, asked, executions } = world({ chain, execution });
    executions.set('x-a', { id: 'x-a', status: 'succeeded', result: { out: 'answer' } } as never);
    const { status, result } = await make().continue();
    assert.equal(status, 'succeeded');
    assert.deepEqual(asked[0]?.parameters, { text: 'answer' });
    assert.deepEqual((result as { published: Values }).published, { old: 1, v: 'answer' });
  });

  it('ends as a last task that has failed or was canceled meanwhile', async () => {
    for (const status of ['failed', 'canceled']) {
      const { run: make, executions } = world({
        chain,
        execution: { result: { tasks: [{ ...first, state: 'paused' }] } },
      });
      executions.set('x-a', { id: 'x-a', status, result: { out: '' } } as never);
      assert.equal((await make().continue()).status, status);
    }
  });

  it('tells why it cannot publish what its last task has given', async () => {
    const { run: make, executions } = world({
      chain,
      execution: { result: { tasks: [{ ...first, state: 'paused' }] } },
    });
    executions.set('x-a', { id: 'x-a', status: 'succeeded', result: {} } as never);
    const { status, result } = await make().continue();
    assert.equal(status, 'failed');
    assert.match((result as { error: string }).error, /^Failed to publish variables of task "a"\./);
  });
});

describe('the definition of a chain', () => {
  const REFUSED: readonly (readonly [unknown, RegExp])[] = [
    [{ chain: [{ ref: 'a.b' }] }, /task 1 of the chain has no name/],
    [{ chain: [task('a', { params: { a: 1 }, parameters: { b: 1 } })] }, /Either "params" or "parameters"/],
    [{ chain: [task('a', { 'on-success': 'c5' })] }, /"c5" referenced in "on-success" in task "a"/],
    [{ chain: [task('a', { 'on-failure': 'c6' })] }, /"c6" referenced in "on-failure" in task "a"/],
    [{ default: 'bad', chain: LINE }, /Unable to find node with name "bad" referenced in "default"\./],
    [{ chain: LINE, extra: 1 }, /unknown keys: extra/],
    [{ chain: [task('a', { extra: 1 })] }, /task "a" has unknown keys: extra/],
    [{ chain: [] }, /Failed to find default node/],
  ];
  for (const [source, message] of REFUSED) {
    it(`is refused: ${message.source}`, () => assert.throws(() => parseChain(source), message));
  }

  it('begins with its default, else with the first task that no other leads to, else with the first', () => {
    assert.equal(parseChain({ default: 'c2', chain: LINE }).first, 'c2');
    assert.equal(parseChain({ chain: [task('b'), task('a', { 'on-success': 'b' })] }).first, 'a');
    assert.equal(
      parseChain({ chain: [task('a', { 'on-success': 'b' }), task('b', { 'on-success': 'a' })] }).first,
      'a',
    );
  });

  it('may have keys of its own in later tasks', () => {
    assert.equal(parseChain({ chain: [task('a'), task('b', { description: 'why' })] }).tasks.length, 2);
  });
});
