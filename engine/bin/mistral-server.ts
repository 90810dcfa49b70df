import { runService } from '../../platform/lifecycle.ts';
import { createWorkflowWorker } from '../worker/create-worker.ts';

await runService('mistral-server', createWorkflowWorker);
