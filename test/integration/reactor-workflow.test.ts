import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { writeEventPack } from '../support/event-pack.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RuleLoop, ruleLoop, say } from '../support/rule-loop.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

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
});
