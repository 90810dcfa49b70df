import type { Activities, LocalActivities } from '../contract.ts';
import { createLocalActivities, type LocalActivityContext } from './local-activities.ts';
import { createSt2Action, type St2ActionContext } from './st2-action.ts';
import { sendEmail } from './std-email.ts';
import { createMistralHttp, sendHttp } from './std-http.ts';
import { withHeartbeat } from './with-heartbeat.ts';

export type ActivityContext = LocalActivityContext & St2ActionContext;

/** Every activity of the worker, by name. */
export function createActivities(context: ActivityContext): Activities & LocalActivities {
  const local = createLocalActivities(context);
  return {
    'st2.action': createSt2Action(context),
    'std.http': withHeartbeat(sendHttp),
    'std.mistral_http': withHeartbeat(createMistralHttp(context.mistralUrl)),
    'std.email': withHeartbeat(sendEmail),
    'engine.come_back': () => Promise.resolve(),
    'engine.look_up': local.fetchEffects,
    ...local,
  };
}
