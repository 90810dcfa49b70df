import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { installRuntime } from '../../../platform/temporal/native-connection.ts';
import { waitFor } from '../../support/wait-for.ts';

// It would keep the process.
after(() => Runtime.instance().shutdown());

function nameOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

function coreThreads(): number {
  return readdirSync('/proc/self/task').filter((thread) => nameOf(thread).startsWith('tokio')).length;
}

test("the core of Temporal's SDK takes one thread of its own", { skip: process.platform !== 'linux' }, async () => {
  installRuntime(pino({ level: 'silent' }));
  // A thread gives itself its name, after it was made.
  await waitFor(() => coreThreads() > 0, { what: 'a thread of the core', intervalMs: 5 });
  await sleep(50);
  assert.equal(coreThreads(), 1);
  assert.equal(process.env.TOKIO_WORKER_THREADS, undefined, 'programs of users do not inherit it');
});
