/**
 * Statuses of action executions and the moves between them: one table, every set derived from it.
 * Source: StackStorm's `st2common/constants/action.py` and the services that change a status.
 */

export const EXECUTION_STATUSES = [
  'requested',
  'scheduled',
  'delayed',
  'running',
  'succeeded',
  'failed',
  'timeout',
  'abandoned',
  'canceling',
  'canceled',
  'pending',
  'pausing',
  'paused',
  'resuming',
] as const;

export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

const FINAL = [] as const;
const ENDS = ['succeeded', 'failed', 'timeout', 'abandoned', 'canceled'] as const;

/**
 * From each status, the statuses that may follow. A status without followers is final.
 * `running` follows a final-looking state never: a completed execution is not reopened, a re-run is a new one.
 */
export const TRANSITIONS: Readonly<Record<ExecutionStatus, readonly ExecutionStatus[]>> = {
  requested: ['scheduled', 'delayed', 'running', 'pausing', 'paused', 'canceling', ...ENDS],
  delayed: ['requested', 'scheduled', 'running', 'pausing', 'paused', 'canceling', ...ENDS],
  scheduled: ['requested', 'delayed', 'running', 'pausing', 'paused', 'canceling', ...ENDS],
  running: ['pending', 'pausing', 'paused', 'canceling', ...ENDS],
  pending: ['running', 'resuming', 'canceling', ...ENDS],
  pausing: ['paused', 'running', 'resuming', 'canceling', ...ENDS],
  paused: ['resuming', 'running', 'pausing', 'canceling', ...ENDS],
  resuming: ['running', 'pausing', 'paused', 'canceling', ...ENDS],
  canceling: ['canceled', 'failed', 'timeout', 'abandoned'],
  succeeded: FINAL,
  failed: FINAL,
  timeout: FINAL,
  abandoned: FINAL,
  canceled: FINAL,
};

/** Statuses that nothing follows. */
export const COMPLETED_STATUSES: readonly ExecutionStatus[] = EXECUTION_STATUSES.filter(
  (s) => TRANSITIONS[s].length === 0,
);

/** Completed without having done what was asked, for a reason other than a cancel. */
export const FAILED_STATUSES: readonly ExecutionStatus[] = ['failed', 'timeout', 'abandoned'];

/** Statuses in which a cancel is accepted. */
export const CANCELABLE_STATUSES: readonly ExecutionStatus[] = [
  'requested',
  'scheduled',
  'delayed',
  'running',
  'pausing',
  'paused',
  'resuming',
];

/** Whether nothing will follow this status. */
export function isCompleted(status: ExecutionStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** Whether the execution holds its parent in `pausing` or `canceling`: neither completed, nor paused, nor waiting for an answer. */
export function isActive(status: ExecutionStatus): boolean {
  return !isCompleted(status) && status !== 'paused' && status !== 'pending';
}

/** Statuses from which `to` may be reached: the `$in` of a compare-and-set. */
export function statusesBefore(to: ExecutionStatus): readonly ExecutionStatus[] {
  return EXECUTION_STATUSES.filter((from) => TRANSITIONS[from].includes(to));
}

/** Whether a text is one of the statuses. */
export function isExecutionStatus(value: unknown): value is ExecutionStatus {
  return typeof value === 'string' && (EXECUTION_STATUSES as readonly string[]).includes(value);
}
