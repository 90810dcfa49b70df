import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { installRuntime } from '../../../platform/temporal/native-connection.ts';

// It would keep the process.
after(() => Runtime.instance().shutdown());

test("the core of Temporal's SDK takes one thread of its own", { skip: process.platform !== 'linux' }, () => {
  installRuntime(pino({ level: 'silent' }));
  const names = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
  assert.equal(names.filter((name) => name.startsWith('tokio')).length, 1);
});
