import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress } from '../../../cli/provision/progress.ts';

test('a log hears of what takes long less and less often, of what is quick not at all', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const lines: string[] = [];
  const progress = createProgress({ write: (text) => lines.push(text) });
  await progress.during('Quick', Promise.resolve());
  let done: () => void = () => undefined;
  const work = progress.during('Building', new Promise<void>((resolve) => (done = resolve)));
  for (let second = 0; second < 100; second += 1) t.mock.timers.tick(1_000);
  done();
  await work;
  t.mock.timers.tick(100_000);
  assert.deepEqual(
    lines,
    [2, 4, 8, 16, 32, 62, 92].map((seconds) => `Building … ${seconds} s\n`),
  );
});
