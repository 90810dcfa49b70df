import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import type { Occurrence } from '../../../action-service/triggers/dispatch-trigger.ts';
import { createNotifier, type NotifierDeps } from '../../../actionrunner/notifier/notifier.ts';
import type { ConsumeOptions } from '../../../platform/bus/bus.ts';
import type { Filter } from '../../../stores/collection.ts';

/** One end, and the occurrences that are stored of it. */
async function world(
  dispatch: (occurrence: Occurrence, stored: Map<string, Occurrence>) => Promise<void>,
  missed: readonly string[] = [],
) {
  const execution = {
    id: 'e'.repeat(24),
    status: 'succeeded',
    action_ref: 'test.one',
    runner_type: 'noop',
    notify: { 'on-complete': { routes: ['chat', 'mail'] } },
    start_timestamp: new Date(),
    context: {},
    parameters: {},
    notify_state: 'pending',
  };
  const stored = new Map<string, Occurrence>();
  let handler: ConsumeOptions['handler'] = async () => undefined;
  const notifier = createNotifier({
    stores: {
      executions: {
        find: async ({ updated_at: changed }: Filter) =>
          Object.hasOwn(changed as object, '$lt') ? missed.map((id) => ({ id })) : [],
        async findOne({ id }: Filter) {
          if (id === 'unreadable') throw new Error('It cannot be read.');
          return execution.notify_state === 'pending' ? execution : undefined;
        },
        updateOne: async (_filter: unknown, { $set }: { readonly $set: object }) => Object.assign(execution, $set),
      },
    },
    bus: {
      consume: async (options: ConsumeOptions) => {
        handler = options.handler;
        return { cancel: async () => undefined, rebind: async () => undefined };
      },
    },
    actions: { present: async () => [{ parameters: {} }] },
    keyValues: { value: async () => undefined },
    policies: { after: async () => false, hasAfter: async () => false },
    rules: { start: async () => undefined, stop: async () => undefined, hasRules: async () => true },
    dispatch: (occurrence: Occurrence) => dispatch(occurrence, stored),
    logger: pino({ level: 'silent' }),
  } as unknown as NotifierDeps);
  await notifier.start();
  const hear = () => handler({ id: execution.id, notify: true }, 'succeeded', 'x');
  return { execution, stored, notifier, hear };
}

it('tells of an end again when it was ended itself before all was stored, and then once', async () => {
  let isKilled = true;
  const { execution, stored, notifier, hear } = await world(async (occurrence, known) => {
    if (isKilled && known.size === 1) return await new Promise(() => undefined);
    const id = String(occurrence.id);
    if (!known.has(id)) known.set(id, occurrence);
  });
  try {
    void hear();
    for (let turns = 0; turns < 20; turns += 1) await turn();
    assert.equal(stored.size, 1);
    assert.equal(execution.notify_state, 'pending');
    isKilled = false;
    await hear();
    assert.deepEqual(
      [...stored.values()].map(({ trigger, payload }) => [trigger, payload.route]),
      [
        ['core.st2.generic.notifytrigger', 'chat'],
        ['core.st2.generic.notifytrigger', 'mail'],
        ['core.st2.generic.actiontrigger', undefined],
      ],
    );
    assert.equal(execution.notify_state, 'done');
  } finally {
    await notifier.stop();
  }
});

it('tells of the ends that were missed behind one that cannot be handled', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { execution, notifier } = await world(async () => undefined, ['unreadable', 'e'.repeat(24)]);
  context.mock.timers.tick(60_000);
  for (let turns = 0; turns < 50; turns += 1) await turn();
  assert.equal(execution.notify_state, 'done');
  await notifier.stop();
});
