import { runService } from '../../platform/lifecycle.ts';
import { createTracker } from '../tracker/create-tracker.ts';

await runService('st2resultstracker', createTracker);
