import { defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createTracker } from '../tracker/create-tracker.ts';

export const service = defineService('st2resultstracker', createTracker);

await runWhenProgram(import.meta.url, service);
