import type { ExecutionStatus } from '../../core/statuses.ts';

/** What the status of a workflow's execution follows from. */
export interface StatusFacts {
  /** Status of the execution now. */
  readonly status: ExecutionStatus;
  /** State of the workflow in the engine. */
  readonly state: string;
  /** A task runs, or a child execution is neither completed nor paused. */
  readonly active: boolean;
}

type Rule = readonly [holds: (facts: StatusFacts) => boolean, next: ExecutionStatus];

const DONE: Readonly<Record<string, ExecutionStatus>> = {
  SUCCESS: 'succeeded',
  ERROR: 'failed',
  CANCELLED: 'canceled',
  PAUSED: 'paused',
};

const isDone = ({ state }: StatusFacts) => Object.hasOwn(DONE, state);
const isCancel = ({ status }: StatusFacts) => status === 'canceled' || status === 'canceling';
const isPause = ({ status }: StatusFacts) => status === 'paused' || status === 'pausing';

/** First match wins. Source: StackStorm's querier for Mistral (`mistral_v2/query`). */
const RULES: readonly Rule[] = [
  [(facts) => isCancel(facts) && facts.active, 'canceling'],
  [(facts) => isCancel(facts) && !isDone(facts), 'canceling'],
  [(facts) => !isCancel(facts) && facts.active && facts.state === 'CANCELLED', 'canceling'],
  [(facts) => isPause(facts) && facts.active, 'pausing'],
  [(facts) => isPause(facts) && !isDone(facts), 'pausing'],
  // Before the next one, unlike in StackStorm: a workflow that goes on with the answer to a question has a task that is about to end,
  // and would be paused again for good.
  [({ status, state }) => status === 'resuming' && state === 'PAUSED', 'resuming'],
  [(facts) => !isPause(facts) && facts.active && facts.state === 'PAUSED', 'pausing'],
  [(facts) => isDone(facts) && facts.active, 'running'],
];

/** The status that an execution should have. */
export function nextStatus(facts: StatusFacts): ExecutionStatus {
  const rule = RULES.find(([holds]) => holds(facts));
  if (rule !== undefined) return rule[1];
  const done = DONE[facts.state];
  if (done === undefined) return 'running';
  // What was asked to be canceled does not succeed any more.
  return facts.status === 'canceling' && done === 'succeeded' ? 'canceled' : done;
}
