import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command, Conductor } from '../../../engine/conductor/index.ts';
import { conductorOf, startedRuns, success, taskStates } from '../../support/conducted.ts';

type Fetch = Extract<Command, { type: 'effects.fetch' }>;

function fetchesOf(commands: readonly Command[]): readonly Fetch[] {
  return commands.filter((command): command is Fetch => command.type === 'effects.fetch');
}

/** Answers every fetch with `<key>-value` until there is none; returns all other commands. */
function answerAll(conductor: Conductor, commands: readonly Command[]): readonly Command[] {
  const others: Command[] = [];
  let queue = [...commands];
  for (let command = queue.shift(); command !== undefined; command = queue.shift()) {
    if (command.type !== 'effects.fetch') {
      others.push(command);
      continue;
    }
    const results = command.effects.map((effect) => ({ value: `${effect.key}-value` }));
    queue = [...queue, ...conductor.handle({ type: 'effects.fetched', id: command.id, results })];
  }
  return others;
}

describe('values from outside', () => {
  it('put a step off without a trace and finish it when they are there', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    t: {action: x.x, input: {a: "<% st2kv('one') %>", b: "<% st2kv('two') + '!' %>"}}
`);
    const first = conductor.handle({ type: 'start' });
    assert.deepEqual(startedRuns(first), []);
    assert.equal(taskStates(conductor).t, 'IDLE');
    const [fetch] = fetchesOf(first);
    assert.deepEqual(fetch?.effects, [{ kind: 'st2kv', key: 'one', args: { decrypt: false } }]);
    const [run] = answerAll(conductor, first).filter((command) => command.type === 'action.run');
    assert.deepEqual({ ...run?.input }, { a: 'one-value', b: 'two-value!' });
  });

  it('are asked for together by the items of a with-items task', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    t: {with-items: "i in [1, 2, 3]", action: x.x, input: {v: "<% st2kv('k' + str($.i)) %>"}}
`);
    const commands = conductor.handle({ type: 'start' });
    assert.deepEqual(
      fetchesOf(commands).map((fetch) => fetch.effects.map((effect) => effect.key)),
      [['k1', 'k2', 'k3']],
    );
    assert.deepEqual(startedRuns(answerAll(conductor, commands)), ['t[0]', 't[1]', 't[2]']);
  });

  it('hold the end of the workflow back in publish, conditions and output', () => {
    const conductor = conductorOf(`
wf:
  output: {o: "<% st2kv('out') %>", p: "<% $.p %>"}
  tasks:
    t:
      action: x.x
      publish: {p: "<% st2kv('pub') %>"}
      on-success:
        - u: "<% st2kv('cond') = 'cond-value' %>"
    u: {action: x.x}
`);
    conductor.handle({ type: 'start' });
    const first = conductor.handle(success('t'));
    assert.equal(taskStates(conductor).t, 'RUNNING');
    assert.deepEqual(startedRuns(answerAll(conductor, first)), ['u']);
    const last = conductor.handle(success('u'));
    assert.equal(conductor.state, 'RUNNING');
    answerAll(conductor, last);
    assert.equal(conductor.state, 'SUCCESS');
    assert.deepEqual({ ...(conductor.view().output as object) }, { o: 'out-value', p: 'pub-value' });
  });

  it('a start that waits for them is done once, also over a pause and a resume', () => {
    const conductor = conductorOf('wf: {tasks: {t: {action: x.x, input: {a: "<% st2kv(\'one\') %>"}}}}');
    const first = conductor.handle({ type: 'start' });
    conductor.handle({ type: 'pause' });
    const again = conductor.handle({ type: 'resume' });
    assert.deepEqual(startedRuns(answerAll(conductor, [...first, ...again])), ['t']);
  });

  it('that come after a cancel start nothing', () => {
    const conductor = conductorOf('wf: {tasks: {t: {action: x.x, input: {a: "<% st2kv(\'one\') %>"}}}}');
    const asked = conductor.handle({ type: 'start' });
    conductor.handle({ type: 'cancel' });
    assert.deepEqual(startedRuns(answerAll(conductor, asked)), []);
    assert.deepEqual(taskStates(conductor), { t: 'CANCELLED' });
  });

  it('that do not exist fail the task with the reason', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    t: {action: x.x, input: {a: "<% st2kv('none') %>"}}
`);
    const [fetch] = fetchesOf(conductor.handle({ type: 'start' }));
    const results = [{ error: 'The key none does not exist.' }];
    conductor.handle({ type: 'effects.fetched', id: fetch?.id ?? '', results });
    assert.equal(conductor.state, 'ERROR');
    assert.match(conductor.view().state_info ?? '', /Can not evaluate YAQL expression .*The key none does not exist/);
  });
});
