/** How the end of an action travels to the workflow that waits: what who completes an activity and the workflow agree on. */

/** Result of the activity, or first detail of its failure. */
export interface ActionOutcome {
  /** A final execution status of ours. */
  readonly status: string;
  readonly result: unknown;
}

/** Type of the failure that carries an {@link ActionOutcome}. */
export const ACTION_FAILURE = 'ActionFailed';
