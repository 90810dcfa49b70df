import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Client } from '@temporalio/client';
import { askForView } from '../../../engine/executions/live-view.ts';

/** A server that answers like this, one answer for each time it is asked; `undefined`: it lets the time pass. */
function clientOf(answers: (object | Error | undefined)[]) {
  let until = 0;
  const query = async () => {
    const answer = answers.shift();
    if (answer === undefined) {
      await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 5));
      throw new Error('4 DEADLINE_EXCEEDED');
    }
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return {
    withDeadline(at: number, ask: () => unknown) {
      until = at;
      return ask();
    },
    workflow: { getHandle: () => ({ query }) },
  } as unknown as Client;
}

it('asks once more when the answer was lost', async () => {
  const answer = await askForView(clientOf([undefined, { version: 3 }]), 'w', 0, 10);
  assert.deepEqual(answer, { kind: 'view', view: { version: 3 } });
});

it('does not ask again when it was told at once that there is no answer', async () => {
  const answers = [new Error('14 UNAVAILABLE'), { version: 3 }];
  const answer = await askForView(clientOf(answers), 'w', 0, 10);
  assert.deepEqual(answer, { kind: 'unknown', reason: '14 UNAVAILABLE' });
  assert.equal(answers.length, 1);
});
