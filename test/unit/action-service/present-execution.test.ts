import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createParameterRules } from '../../../action-service/parameters.ts';
import { createPresenter } from '../../../action-service/present-execution.ts';
import { createSnapshots } from '../../../action-service/snapshots.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';

const MASK = '********';
const CHILDREN = 2_500;
const snapshots: Readonly<Record<string, object>> = {
  noop: {},
  secret: { parameters: { password: { type: 'string', secret: true } } },
};

const outline = (id: string, action_snapshot: string, more: object = {}) => ({
  id,
  runner_type: 'noop',
  action_snapshot,
  runner_snapshot: 'noop',
  status: 'succeeded',
  parameters: {},
  start_timestamp: new Date(0),
  end_timestamp: new Date(1),
  log: [],
  context: {},
  ...more,
});

/** One with a secret has ended; a workflow has many below it. */
const stored = [
  outline('told', 'secret', { parameters: { password: 'hush-hush' } }),
  ...Array.from({ length: CHILDREN }, (_, at) =>
    outline(`child-${at}`, 'secret', { parent: 'workflow', parameters: { password: `password-${at}` } }),
  ),
];

const stores = {
  executions: {
    find: async ({ id, parent }: { id?: { $in: string[] }; parent?: { $in: string[] } }) => {
      const ids = new Set(id?.$in);
      return stored.filter((one) =>
        id === undefined ? 'parent' in one && parent?.$in.includes(String(one.parent)) : ids.has(one.id),
      );
    },
  },
  snapshots: { findOne: async ({ hash }: { hash: string }) => ({ body: snapshots[hash] }) },
} as unknown as Stores;

const present = createPresenter({
  stores,
  snapshots: createSnapshots(stores),
  parameters: createParameterRules({ stores, keyValues: {} as never, systemUser: 'stanley' }),
  maskByDefault: true,
  webUrl: '',
});

describe('executions as clients see them', () => {
  const payload = (execution_id: string) => ({ execution_id, result: { said: 'it is hush-hush' } });
  const ordered = (trigger: string, of: string) =>
    outline('ordered', 'noop', { trigger_instance: { id: 'i', trigger, payload: payload(of) } }) as never as Execution;
  const shown = async (execution: Execution, options = {}) => (await present([execution], options))[0];

  it('of a rule that has heard of the end of another one tell no secret of that', async () => {
    const told = await shown(ordered('core.st2.generic.actiontrigger', 'told'));
    assert.deepEqual(told?.trigger_instance, {
      id: 'i',
      trigger: 'core.st2.generic.actiontrigger',
      payload: { execution_id: 'told', result: { said: `it is ${MASK}` } },
    });
    const gone = await shown(ordered('core.st2.generic.actiontrigger', 'gone'));
    assert.deepEqual(gone?.trigger_instance, {
      id: 'i',
      trigger: 'core.st2.generic.actiontrigger',
      payload: { execution_id: 'gone', result: MASK },
    });
    const open = ordered('core.st2.generic.actiontrigger', 'told');
    assert.deepEqual((await shown(open, { showSecrets: true }))?.trigger_instance, open.trigger_instance);
    const other = ordered('core.st2.webhook', 'told');
    assert.deepEqual((await shown(other))?.trigger_instance, other.trigger_instance);
  });

  it('of a rule that has ordered them tell no secret that it gives', async () => {
    const rule = { ref: 'a.b', action: { ref: 'a.login', parameters: { user: 'ann', password: 'hush-hush' } } };
    const ordered = outline('ordered', 'secret', { action_ref: 'a.login', rule }) as never as Execution;
    assert.deepEqual((await shown(ordered))?.rule, {
      ...rule,
      action: { ref: 'a.login', parameters: { user: 'ann', password: MASK } },
    });
    assert.deepEqual((await shown(ordered, { showSecrets: true }))?.rule, rule);
  });

  it('of a workflow with thousands of tasks tell no secret of the last ones', async () => {
    const result = { tasks: [0, 999, 1_000, CHILDREN - 1].map((at) => ({ input: `with password-${at}!` })) };
    const workflow = outline('workflow', 'noop', { runner_type: 'mistral-v2', result }) as never as Execution;
    const hidden = { input: `with ${MASK}!` };
    assert.deepEqual((await shown(workflow))?.result, { tasks: [hidden, hidden, hidden, hidden] });
  });
});
