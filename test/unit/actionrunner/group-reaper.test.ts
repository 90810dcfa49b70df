import assert from 'node:assert/strict';
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it, mock } from 'node:test';
import { NO_SINK, runProcess } from '../../../actionrunner/process/run-process.ts';

describe('the reaper of process groups', () => {
  it('runs before the first process that it is to end: a kill in between would leave that alive', async () => {
    const spawn = mock.method(childProcess, 'spawn');
    syncBuiltinESMExports();
    const run = (args: readonly string[]) =>
      runProcess({
        file: '/bin/echo',
        args,
        env: {},
        signal: new AbortController().signal,
        output: NO_SINK,
        maxOutput: 100,
      });
    assert.deepEqual([(await run(['1'])).stdout, (await run(['2'])).stdout], ['1\n', '2\n']);
    assert.deepEqual(
      spawn.mock.calls.map(({ arguments: [file] }) => file),
      ['/bin/sh', '/bin/echo', '/bin/echo'],
    );
  });
});
