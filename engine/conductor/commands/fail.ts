import type { Machine } from '../machine.ts';
import { messageText } from '../messages.ts';
import { failWorkflow } from '../workflow-end.ts';

/** `fail`: ends the workflow in ERROR at once. */
export function fail(machine: Machine, message: unknown): void {
  failWorkflow(machine, messageText(message));
}
