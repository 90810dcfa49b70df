/** States of Mistral and the moves between them (Mistral: `workflow/states.py`). */
import type { MistralState } from './contract.ts';

const COMPLETED: ReadonlySet<MistralState> = new Set(['SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED']);

const TRANSITIONS: Readonly<Record<MistralState, readonly MistralState[]>> = {
  IDLE: ['RUNNING', 'ERROR', 'CANCELLED'],
  WAITING: ['RUNNING'],
  RUNNING: ['PAUSED', 'DELAYED', 'SUCCESS', 'ERROR', 'CANCELLED'],
  DELAYED: ['RUNNING', 'ERROR', 'CANCELLED'],
  PAUSED: ['RUNNING', 'ERROR', 'CANCELLED'],
  SUCCESS: [],
  CANCELLED: ['RUNNING'],
  ERROR: ['RUNNING', 'SKIPPED'],
  SKIPPED: [],
};

/** Whether nothing more happens in this state by itself. */
export function isCompleted(state: MistralState): boolean {
  return COMPLETED.has(state);
}

export function isPausedOrCompleted(state: MistralState): boolean {
  return state === 'PAUSED' || COMPLETED.has(state);
}

/** A state may always be kept. */
export function isValidTransition(from: MistralState, to: MistralState): boolean {
  return from === to || TRANSITIONS[from].includes(to);
}
