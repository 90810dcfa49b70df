import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { askSupervisor, findSupervisor, serveControl } from '../../../cli/supervisor/control.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('control of a data folder', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const serve = () => serveControl(folder.path, async ({ action }) => ({ output: action }));
  const note = () => path.join(folder.path, 'supervisor.json');
  /** Our own pid, as it was given to another process in former times. */
  const leaveNote = () => {
    const socket = path.join(folder.path, 'control.sock');
    writeFileSync(note(), JSON.stringify({ pid: process.pid, startTime: 'long ago', socket }));
  };

  it('belongs to one start, from its beginning to its end', async () => {
    const first = await serve();
    assert.equal(statSync(note()).mode & 0o777, 0o600);
    await assert.rejects(
      serve(),
      /^ConflictError: It is being started already in .+ \(process \d+\): end it with npm stop\.$/,
    );
    assert.deepEqual(await askSupervisor(folder.path, { action: 'shutdown' }), { output: 'shutdown' });
    await first.tellServing();
    await assert.rejects(serve(), /It runs already in .+ \(process \d+\): end it with npm stop\.$/);
    assert.deepEqual(await askSupervisor(folder.path, { action: 'status' }), { output: 'status' });
    first.close();
    assert.equal(existsSync(note()), false);
    (await serve()).close();
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('is free when the noted pid belongs to another process by now', async () => {
    leaveNote();
    assert.equal(await findSupervisor(folder.path), undefined);
    await assert.rejects(askSupervisor(folder.path, { action: 'status' }), /Nothing runs in/);
    (await serve()).close();
  });

  it('goes to one of many that find it free at the same time', async () => {
    leaveNote();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, serve));
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    for (const control of won) control.close();
    assert.equal(won.length, 1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.match(String(outcome.reason), /ConflictError/);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  it('says in a sentence that a supervisor does not answer', async () => {
    const control = await serve();
    const { socket, ...rest } = (await findSupervisor(folder.path)) ?? assert.fail('there is no note');
    writeFileSync(note(), JSON.stringify({ ...rest, socket: `${socket}.gone` }));
    await assert.rejects(
      askSupervisor(folder.path, { action: 'status' }),
      /The supervisor \(process \d+\) does not answer: /,
    );
    control.close();
  });
});
