import { defineService, runWhenProgram } from '../../platform/lifecycle.ts';
import { createMistralApi } from '../mistral-api/create-mistral-api.ts';

export const service = defineService('mistral-api', createMistralApi);

await runWhenProgram(import.meta.url, service);
