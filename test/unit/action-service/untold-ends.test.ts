import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createActionService } from '../../../action-service/create-action-service.ts';
import { deliverFor } from '../../../engine/tracker/deliver-callbacks.ts';
import type { TrackerContext } from '../../../engine/tracker/tracker-context.ts';
import { EXCHANGES } from '../../../platform/bus/bus.ts';
import { createLogger } from '../../../platform/logging/create-logger.ts';

type Deps = Parameters<typeof createActionService>[0];

/** Ends an execution of which a workflow waits to hear. @returns what is said of it for those who can tell the workflow */
async function sayings(callbacks: Deps['callbacks'], callback: object | undefined): Promise<readonly string[]> {
  const said: string[] = [];
  const ended = {
    id: 'e1',
    status: 'canceled',
    action_ref: 'a.b',
    runner_type: 'noop',
    callback,
    log: [],
    context: {},
    start_timestamp: new Date(),
    end_timestamp: new Date(),
  };
  const actions = createActionService({
    stores: new Proxy(
      {},
      { get: (_, name) => ({ revision: () => 0, updateOne: async () => name === 'executions' && ended }) },
    ),
    bus: {
      publish: (exchange: string, key: string, { id }: { readonly id?: unknown }) =>
        exchange === EXCHANGES.executionCallback && said.push(`${key} ${String(id)}`),
    },
    logger: createLogger('test', 'silent'),
    keyValues: {},
    callbacks,
    systemUser: 'stanley',
    maskSecrets: true,
    webUrl: '',
  } as unknown as Deps);
  await actions.changeStatus('e1', 'canceled');
  return said;
}

it('an end of which somebody waits to hear is handed to a process that can tell it', async () => {
  assert.deepEqual(await sayings({}, { source: 'mistral_v2' }), ['mistral_v2 e1']);
  assert.deepEqual(await sayings({}, undefined), []);
  assert.deepEqual(await sayings({ mistral_v2: { deliver: async () => undefined } }, { source: 'mistral_v2' }), []);
});

it('the tracker tells what has ended and was not told yet, and nothing else', async () => {
  const delivered: string[] = [];
  const executions: Readonly<Record<string, object>> = {
    waits: { id: 'waits', status: 'succeeded', callback_state: 'pending' },
    told: { id: 'told', status: 'succeeded', callback_state: 'delivered' },
    runs: { id: 'runs', status: 'running', callback_state: 'pending' },
  };
  const context = {
    stores: { executions: { get: async (id: string) => executions[id] } },
    actions: { deliverCallback: async ({ id }: { readonly id: string }) => void delivered.push(id) },
  } as unknown as TrackerContext;
  for (const id of [...Object.keys(executions), 'gone']) await deliverFor(context, id);
  assert.deepEqual(delivered, ['waits']);
});
