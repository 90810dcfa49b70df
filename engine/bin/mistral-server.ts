import { defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createWorkflowWorker } from '../worker/create-worker.ts';

export const service = defineService('mistral-server', createWorkflowWorker);

await runWhenProgram(import.meta.url, service, { carriesActions: true });
