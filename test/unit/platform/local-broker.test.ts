import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { startLocalBroker } from '../../../platform/bus/local-broker.ts';
import { createFrameReader } from '../../../platform/bus/local-frames.ts';

test('local broker: the queue of a subscriber goes with it', async () => {
  const broker = await startLocalBroker(0);
  const socket = connect({ host: '127.0.0.1', port: broker.port });
  const delivered: unknown[] = [];
  const answers = new Map<number, () => void>();
  socket.on(
    'data',
    createFrameReader((frame) => {
      const { op, n, message } = frame as { op: string; n: number; message: unknown };
      if (op === 'deliver') delivered.push(message);
      else answers.get(n)?.();
    }),
  );
  const send = (frame: unknown) => socket.write(`${JSON.stringify(frame)}\n`);
  let last = 0;
  const ask = (frame: object) =>
    new Promise<void>((resolve) => {
      last += 1;
      answers.set(last, resolve);
      send({ ...frame, n: last });
    });
  const consume = { op: 'consume', id: 1, bindings: [{ exchange: 'e', routing_key: '#' }], prefetch: 0 };
  const publish = (message: string) => send({ op: 'publish', exchange: 'e', key: 'k', message });
  try {
    await ask(consume);
    publish('heard');
    await ask({ op: 'cancel', id: 1 });
    publish('for nobody');
    // A queue that was left would have kept the message for the same number.
    await ask(consume);
    publish('heard again');
    await ask({ op: 'ping' });
    assert.deepEqual(delivered, ['heard', 'heard again']);
  } finally {
    socket.destroy();
    await broker.close();
  }
});
