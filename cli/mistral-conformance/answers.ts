/** Answers of actions as a record gives them. */
import type { ActionRun, RehearsalOptions } from '../../engine/conductor/rehearsal.ts';
import { type ActionAnswer, reachesOutside } from '../../engine/conductor/std-actions.ts';
import type { RecordedAnswer, RunRecord } from './record.ts';

const NOBODY_THERE: ActionAnswer = { kind: 'error', value: 'The action raised an exception: nobody is there' };

type Answer = NonNullable<RehearsalOptions['answer']>;

/**
 * Tasks are meant by name, in whatever workflow; who is not named runs for real. System actions that reach outside find nobody,
 * as on the machine of the recording.
 */
export function createAnswers(given: NonNullable<RunRecord['action_results']>): Answer {
  const calls = new Map<string, number>();
  return (run) => {
    const list = answersFor(given, run);
    if (list === undefined) return reachesOutside(run.action) ? NOBODY_THERE : undefined;
    const key = `${run.task_name}[${run.item_index ?? ''}]`;
    const call = calls.get(key) ?? 0;
    calls.set(key, call + 1);
    const answer = list[Math.min(call, list.length - 1)];
    return answer === undefined ? undefined : toAnswer(answer, run);
  };
}

function answersFor(
  given: NonNullable<RunRecord['action_results']>,
  run: ActionRun,
): readonly RecordedAnswer[] | undefined {
  const answers = Object.hasOwn(given, run.task_name) ? given[run.task_name] : undefined;
  if (answers === undefined) return undefined;
  return 'items' in answers ? answers.items[String(run.item_index ?? 0)] : answers;
}

/** Mistral takes a failure without a value for a success without one. */
function failureOf(value: unknown): ActionAnswer {
  return value === null ? { kind: 'result', value } : { kind: 'error', value };
}

function toAnswer(answer: RecordedAnswer, run: ActionRun): ActionAnswer {
  if ('result' in answer) return { kind: 'result', value: answer.result };
  if ('error' in answer) return failureOf(answer.error);
  return { kind: 'error', value: `The action raised an exception [action=${run.action}, msg='${answer.exception}']` };
}
