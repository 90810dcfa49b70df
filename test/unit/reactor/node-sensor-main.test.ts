import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import {
  type SensorDispatch,
  type SensorProcess,
  startSensorProcess,
} from '../../../reactor/sensors/sensor-process.ts';
import { waitFor } from '../../support/wait-for.ts';

const SENSOR = `
export class Noting {
  constructor(service) {
    this.service = service;
    this.calls = [];
  }
  async setup() {
    await this.service.dispatch('setup');
    this.calls.push('set up');
  }
  async addTrigger({ id }) { this.calls.push('add ' + id); }
  async updateTrigger({ id }) { this.calls.push('update ' + id); }
  async removeTrigger({ id }) {
    this.calls.push('remove ' + id);
    if (id === 'last') await this.service.dispatch('calls', this.calls);
  }
  run() { return new Promise(() => setInterval(() => undefined, 1000)); }
}
`;

test('sensor in JavaScript: triggers that come while it starts wait until it has started', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'node-sensor-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'noting.mjs');
  writeFileSync(file, SENSOR);
  const source = `../../../reactor/sensors/node-sensor-main${path.extname(import.meta.filename)}`;
  const main = fileURLToPath(new URL(source, import.meta.url));
  let sensor: SensorProcess | undefined;
  const dispatched: SensorDispatch[] = [];
  sensor = await startSensorProcess({
    command: { file: process.execPath, args: [...process.execArgv, main], env: { PATH: process.env.PATH ?? '' } },
    request: { file_path: file, class_name: 'Noting', pack: 'test', config: {}, triggers: [{ id: 'first' }] },
    dispatch: async (message) => {
      dispatched.push(message);
      if (message.trigger === 'setup') sensor?.tell('delete', { id: 'last' });
    },
    logger: pino({ level: 'silent' }),
  });
  // They are there when its module is looked for.
  sensor.tell('create', { id: 'second' });
  sensor.tell('update', { id: 'second' });
  sensor.tell('delete', { id: 'first' });
  const calls = () => dispatched.find(({ trigger }) => trigger === 'calls')?.payload;
  const made = await waitFor(calls, { what: 'its calls', timeoutMs: 30_000 }).finally(() => sensor.stop());
  assert.deepEqual(made, ['set up', 'add first', 'add second', 'update second', 'remove first', 'remove last']);
});
