/**
 * Recorded cases of Mistral through the real interpreter: mistral-api, a Temporal worker and a Temporal server.
 * A sample spread over all cases; `MISTRAL_CASES=all` runs every case that needs no answers made up for its actions.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseCases } from '../../cli/mistral-conformance/check-case.ts';
import { findDifference } from '../../cli/mistral-conformance/compare.ts';
import type { RunOutcome, RunRecord } from '../../cli/mistral-conformance/record.ts';
import { isFinalState } from '../../engine/contract.ts';
import { type Interpreter, type Started, startInterpreter } from '../support/interpreter.ts';
import { recordings } from '../support/recordings.ts';
import { waitFor } from '../support/wait-for.ts';

const folder = path.join(recordings, 'mistral');
const skip = existsSync(folder) ? false : `there are no recorded cases at ${folder}`;
const SAMPLE = 48;
/** Answered otherwise on purpose; see docs/conformance.md. */
const EXCEPTIONS = new Set(['own-join-2-of-3-discriminator-runs-once', 'up-join-discriminator']);

async function readCases(): Promise<readonly RunRecord[]> {
  const texts = await Promise.all(
    ['own.jsonl', 'upstream.jsonl'].map((file) => readFile(path.join(folder, file), 'utf8')),
  );
  const cases = texts.flatMap(parseCases).filter((one): one is RunRecord => 'expected' in one);
  const able = cases.filter((one) => !one.action_results && !one.operations && !EXCEPTIONS.has(one.id));
  if (process.env.MISTRAL_CASES === 'all') return able;
  return Array.from({ length: SAMPLE }, (_, index) => able[Math.floor((index * able.length) / SAMPLE)] as RunRecord);
}

const cases = skip === false ? await readCases() : [];

describe('recorded cases through Temporal', { skip, concurrency: 6 }, () => {
  let interpreter: Interpreter;
  before(async () => {
    interpreter = await startInterpreter();
  });
  after(async () => {
    await interpreter?.stop();
  });

  it('the sample is large enough', () => assert.ok(cases.length >= 40, `${cases.length} cases`));

  for (const record of cases) {
    it(record.id, async () => {
      const started = await interpreter.start(record);
      if ('refused' in started) {
        assert.ok('start_error' in record.expected, `not started: ${started.refused}`);
        return;
      }
      assert.equal(await differenceOf(interpreter, started, record), undefined);
    });
  }
});

/** Waits until the outcome is as recorded; tells the difference of one that is final and stays otherwise. */
async function differenceOf(
  interpreter: Interpreter,
  started: Started,
  { expected }: RunRecord,
): Promise<string | undefined> {
  let last: string | undefined;
  const agrees = async () => {
    const outcome: RunOutcome = await interpreter.outcome(started);
    last = findDifference(expected, outcome);
    if (last === undefined && isFinalState(outcome.state)) {
      const record = await interpreter.record(started);
      if (record.state !== outcome.state) last = `mistral-api: the state is ${record.state}`;
    }
    return last === undefined;
  };
  await waitFor(agrees, { what: 'the recorded outcome', intervalMs: 200 }).catch((error: Error) => {
    last ??= error.message;
  });
  return last;
}

describe('recursion without end', () => {
  let interpreter: Interpreter;
  before(async () => {
    interpreter = await startInterpreter();
  });
  after(async () => {
    await interpreter?.stop();
  });

  it('ends with a sentence that names task and workflow', async () => {
    const definition = "version: '2.0'\nendless:\n  tasks:\n    again:\n      workflow: endless\n";
    const started = await interpreter.start({
      definition,
      kind: 'workflow',
      workflow: 'endless',
      input: {},
      params: {},
    });
    assert.ok('id' in started);
    const record = await waitFor(
      async () => {
        const found = await interpreter.record(started);
        return isFinalState(found.state) && found;
      },
      { what: 'the end', intervalMs: 500 },
    );
    assert.equal(record.state, 'ERROR');
    assert.match(String(record.state_info), /Sub-workflow 'endless' is nested more than 100 levels deep/);
    assert.match(String(record.state_info), /again/);
  });
});
