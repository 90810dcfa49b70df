import type { Machine } from '../machine.ts';
import { messageText } from '../messages.ts';
import { pauseWorkflow } from '../workflow-pause.ts';

/** `pause`: pauses the workflow; what stands after it in the list goes on at resume. */
export function pause(machine: Machine, message: unknown): void {
  pauseWorkflow(machine, messageText(message));
}
