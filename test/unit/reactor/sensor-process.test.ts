import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { startSensorProcess } from '../../../reactor/sensors/sensor-process.ts';
import { waitFor } from '../../support/wait-for.ts';

const logger = pino({ level: 'silent' });
const folder = mkdtempSync(path.join(tmpdir(), 'sensor-process-'));

after(() => rmSync(folder, { recursive: true }));

test('sensor: what it leaves behind of another user is ended through sudo', async (t) => {
  const asked = path.join(folder, 'asked');
  writeFileSync(path.join(folder, 'sudo'), `#!/bin/sh\necho sudo "$@" > ${asked}.new && mv ${asked}.new ${asked}\n`);
  chmodSync(path.join(folder, 'sudo'), 0o755);
  const { PATH = '' } = process.env;
  process.env.PATH = `${folder}:${PATH}`;
  t.after(() => {
    process.env.PATH = PATH;
  });
  t.mock.method(process, 'kill', () => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  const command = { file: '/bin/sh', args: ['-c', 'exit 3'], env: { PATH } };
  const sensor = await startSensorProcess({ command, request: {}, dispatch: async () => undefined, logger });
  assert.equal(await sensor.exited, 3);
  await waitFor(() => existsSync(asked), { what: 'sudo' });
  assert.equal(readFileSync(asked, 'utf8'), `sudo -n -- pkill -KILL -s ${sensor.pid}\n`);
});
