import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createServiceHost } from '../../../cli/hosting/service-host.ts';
import { waitFor } from '../../support/wait-for.ts';

it('a host ends when all of its services have, also those that were asked to stop before', async () => {
  const ends = new Map<string, () => void>();
  const stopped: string[] = [];
  const host = createServiceHost(async (name) => ({
    async stop() {
      await new Promise<void>((resolve) => ends.set(name, resolve));
      stopped.push(name);
    },
  }));
  await host.start();
  for (const name of ['a', 'b']) process.emit('message', { start: name, log: '' }, undefined);
  process.emit('message', { stop: 'a' }, undefined);
  await waitFor(() => ends.has('a'), { what: 'the stop of one' });
  const ended = host.stop().then(() => stopped.push('host'));
  await waitFor(() => ends.has('b'), { what: 'the stop of the other' });
  ends.get('b')?.();
  await waitFor(() => stopped.includes('b'), { what: 'the end of the other' });
  await new Promise(setImmediate);
  ends.get('a')?.();
  await ended;
  assert.deepEqual(stopped, ['b', 'a', 'host']);
});
