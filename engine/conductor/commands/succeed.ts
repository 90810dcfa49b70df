import type { Machine } from '../machine.ts';
import { messageText } from '../messages.ts';
import { succeedWorkflow } from '../workflow-end.ts';

/** `succeed`: ends the workflow in SUCCESS at once. */
export function succeed(machine: Machine, message: unknown): void {
  succeedWorkflow(machine, messageText(message));
}
