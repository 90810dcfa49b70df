/** Pausing a whole workflow while it waits for the answer to a question (an inquiry), and its going on with the answer. */
import { errorCode } from '../core/errors.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import type { ActionService } from './contract.ts';
import { rootOf } from './root-execution.ts';

type Verbs = Pick<ActionService, 'pauseForQuestion' | 'endQuestion'>;

export function createQuestions(
  stores: Pick<Stores, 'executions'>,
  { changeStatus, resume }: Pick<ActionService, 'changeStatus' | 'resume'>,
): Verbs {
  const { executions } = stores;

  /** @returns false when the workflow is neither paused nor about to be */
  async function resumeRoot(question: Execution, user: string): Promise<boolean> {
    const root = await rootOf(stores, question);
    if (root === undefined) return false;
    const pausing = { id: root.id, status: 'pausing', pause_state: { $in: ['question', 'passing'] } };
    if ((await executions.updateOne(pausing, { $set: { pause_state: 'passing' } })) !== undefined) return true;
    if (root.status !== 'paused' && root.status !== 'pausing') return false;
    await resume(root.id, user).catch((error: unknown) => {
      // A user pauses it, or it goes on already: the answer is what counts.
      if (errorCode(error) !== 'VALIDATION') throw error;
    });
    return true;
  }

  return {
    async pauseForQuestion(question) {
      const root = await rootOf(stores, question);
      if (root === undefined) return;
      const pause = { from: ['running'], pause_state: 'question' } as const;
      const paused = await changeStatus(root.id, 'pausing', pause);
      if (paused === undefined) {
        // One that was to go on as soon as it is paused has another question now. What a user has paused stays a user's.
        const passing = { id: root.id, status: 'pausing', pause_state: 'passing' };
        await executions.updateOne(passing, { $set: { pause_state: 'question' } });
      }
      const now = await executions.get(question.id, { include: ['status'] });
      // Answered before this came.
      if (now?.status !== 'pending') await resumeRoot(question, String(question.context.user));
    },

    async endQuestion(question, { status, result, user }) {
      // The paused workflow goes on before the answer arrives: otherwise it would race with the end of its task. A chain looks at the
      // question when it goes on.
      const isChain = (await rootOf(stores, question))?.runner_type === 'action-chain';
      const isOn = !isChain && (await resumeRoot(question, user));
      const ended = await changeStatus(question.id, status, { result, from: ['pending'] });
      // Its pause may have come meanwhile.
      if (ended !== undefined && !isOn) await resumeRoot(question, user);
      return ended;
    },
  };
}
