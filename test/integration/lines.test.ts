import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { createBus } from '../../platform/bus/create-bus.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { withDeadline } from '../../platform/with-deadline.ts';
import { createStores } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const logger = pino({ level: 'silent' });

describe('a line that is cut and mended', () => {
  let infrastructure: Provisioned;
  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
  });
  after(() => infrastructure?.stop());

  const proxied = async (variable: string) => {
    const address = infrastructure.env[variable] ?? '';
    const port = /:(\d+)(\/|$)/.exec(address.replace(/^\w+:\/\/(?:[^@/]*@)?/, ''))?.[1] ?? '';
    const line = await startTcpProxy(Number(port));
    const config = loadConfig({ ...infrastructure.env, [variable]: address.replace(`:${port}`, `:${line.port}`) });
    return { line, config };
  };

  it('the database: however often it is cut, the same connection works again', async () => {
    const { line, config } = await proxied('ST2_DATABASE__URI');
    const connection = await connectMongo(config, logger);
    const stores = createStores(connection);
    try {
      for (let times = 0; times < 4; times += 1) {
        line.cut();
        await assert.rejects(stores.packs.count({}));
        line.heal();
        await waitFor(async () => (await stores.packs.count({})) === 0, { what: 'the database', timeoutMs: 40_000 });
      }
    } finally {
      await connection.close();
      await line.close();
    }
  });

  it('the database: each call gets an answer, whenever it is made while the line is cut', async () => {
    const { line, config } = await proxied('ST2_DATABASE__URI');
    const connection = await connectMongo(config, logger);
    const { packs } = createStores(connection);
    try {
      for (let times = 0; times < 4; times += 1) {
        // As many connections as are needed, idle: a call uses one at once.
        await Promise.all(Array.from({ length: 8 }, () => packs.count({})));
        line.cut();
        const calls: Promise<boolean>[] = [];
        // The phase of the event loop in which a connection may be gone that does not know it yet.
        for (let turns = 0; turns < 8; turns += 1) {
          await new Promise(setImmediate);
          calls.push(
            packs.count({}).then(
              () => true,
              () => false,
            ),
          );
        }
        line.heal();
        const answers = await withDeadline(Promise.all(calls), 20_000, 'Some call has no answer.');
        assert.ok(answers.includes(false), 'no call met the cut');
        await waitFor(async () => (await packs.count({})) === 0, { what: 'the database', timeoutMs: 40_000 });
      }
    } finally {
      await connection.close();
      await line.close();
    }
  });

  it('the bus: messages flow again, each way', async () => {
    const { line, config } = await proxied('ST2_MESSAGING__URL');
    const bus = createBus(config, logger);
    await bus.start();
    const seen: unknown[] = [];
    const binding = { exchange: 'lines', routing_key: '#' };
    await bus.consume({
      queue: 'lines',
      bindings: [binding],
      prefetch: 1,
      handler: async ({ id }) => void seen.push(id),
    });
    try {
      for (let times = 0; times < 4; times += 1) {
        line.cut();
        await waitFor(() => !bus.connected(), { what: 'the cut to be noticed' });
        line.heal();
        await waitFor(
          async () => {
            bus.publish('lines', 'x', { id: times });
            return seen.includes(times);
          },
          { what: 'a message to come through' },
        );
      }
    } finally {
      await bus.stop();
      await line.close();
    }
  });
});
