import { runService } from '../../platform/lifecycle.ts';
import { createMistralApi } from '../mistral-api/create-mistral-api.ts';

await runService('mistral-api', createMistralApi);
