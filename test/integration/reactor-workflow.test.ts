import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { writeEventPack } from '../support/event-pack.ts';
import { endOf } from '../support/executions.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type Execution, type RuleLoop, ruleLoop, say, TIMEOUT } from '../support/rule-loop.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let system: RunningServices;
let loop: RuleLoop;

before(async () => {
  infrastructure = await provisioned();
  system = await startServices(infrastructure, {
    packFolders: [await writeEventPack(infrastructure.folder)],
  });
  loop = ruleLoop(system);
});

after(async () => {
  await system?.stop();
  await infrastructure?.stop();
});

interface Child {
  readonly id: string;
  readonly action: { readonly ref: string };
  readonly context: {
    readonly mistral?: { readonly task_name: string };
    readonly chain?: { readonly name: string };
  };
}

const taskOf = ({ context }: Child) => context.mistral?.task_name ?? context.chain?.name;

describe('from an event over a workflow to people', () => {
  it('webhook, rule, workflow, notification, rule', async () => {
    await loop.createRule('on-notify', {
      trigger: { type: 'core.st2.generic.notifytrigger' },
      criteria: {
        'trigger.route': { type: 'equals', pattern: 'looptest' },
        'trigger.action_ref': { type: 'equals', pattern: 'looptest.told' },
      },
      action: say('{{ trigger.message }}'),
    });
    await loop.createRule('on-hook', {
      trigger: { type: 'core.st2.webhook', parameters: { url: 'loop/one' } },
      criteria: { 'trigger.body.kind': { type: 'eq', pattern: 'good' } },
      action: { ref: 'looptest.told', parameters: { word: '{{ trigger.body.word }}' } },
    });
    await system.request('POST', '/webhooks/loop/one', { kind: 'bad', word: 'never' });
    await system.request('POST', '/webhooks/loop/one', { kind: 'good', word: 'bonjour' });

    const workflow = await loop.executionOf('on-hook');
    assert.equal(workflow.status, 'succeeded', JSON.stringify(workflow.result));
    assert.deepEqual(workflow.parameters, { word: 'bonjour' });
    assert.equal(workflow.rule?.ref, 'looptest.on-hook');
    const told = await loop.executionOf('on-notify');
    assert.equal(told.result.stdout, 'said bonjour');

    const made = await loop.enforcements('on-hook');
    assert.equal(made.length, 1, 'one enforcement for the one payload that fits');
    const traces = await system.request<{ id: string }[]>('GET', `/traces?execution=${workflow.id}`);
    const trace = await system.request<Record<string, { object_id: string; ref: string }[]>>(
      'GET',
      `/traces/${traces[0]?.id}`,
    );
    assert.ok(trace.rules?.some((rule) => rule.ref === 'looptest.on-hook'));
    assert.ok(trace.rules?.some((rule) => rule.ref === 'looptest.on-notify'));
    assert.ok(trace.trigger_instances?.some((one) => one.object_id === made[0]?.trigger_instance_id));
    assert.ok(trace.action_executions?.some((one) => one.object_id === told.id));
  });

  it('tasks tell of their ends as their workflow does, but for those that it is to skip', async () => {
    const tell = (route: string) => ({ notify: { 'on-complete': { routes: [route], message: 'told' } } });
    for (const action of ['looptest.steps', 'looptest.chained']) {
      const { id } = await system.request<Execution>('POST', '/executions', {
        action,
        parameters: { skip_notify: ['second', 'nested'] },
        ...tell(action),
      });
      const root = await endOf(system, id);
      assert.equal(root.status, 'succeeded', JSON.stringify(root.result));
      const children = await system.request<Child[]>('GET', `/executions/${id}/children?depth=-1`);
      const nested = children.find(({ action: { ref } }) => ref === 'looptest.told');
      const skipped = children.filter((child) => taskOf(child) === 'second' || child.id === nested?.id);
      assert.equal(skipped.length, 2, JSON.stringify(children.map(taskOf)));
      const expected = [
        id,
        ...children.filter((child) => ['first', 'third'].includes(taskOf(child) ?? '')).map((child) => child.id),
      ];
      const heard = async () => {
        const path = '/triggerinstances?trigger=core.st2.generic.notifytrigger&limit=100';
        const all = await system.request<{ payload: { route: string; execution_id: string } }[]>('GET', path);
        return all.filter(({ payload }) => payload.route === action).map(({ payload }) => payload.execution_id);
      };
      const isHeard = async () => {
        const ids = await heard();
        return ids.length >= expected.length && ids.includes(id);
      };
      await waitFor(isHeard, { what: `what ${action} tells`, ...TIMEOUT });
      assert.deepEqual((await heard()).sort(), expected.sort());
    }
  });
});
