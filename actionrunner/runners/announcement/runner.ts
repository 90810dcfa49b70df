import { EXCHANGES } from '../../../platform/bus/bus.ts';
import type { Runner } from '../contract.ts';

/** Puts the parameters on the stream as the event `st2.announcement__<route>`. */
export const announcementRunner: Runner = {
  name: 'announcement',
  async run({ runnerParameters, actionParameters, execution, action, services }) {
    if (runnerParameters.experimental !== true) {
      throw new Error(`Experimental flag is missing for action ${action.ref}`);
    }
    // The one message with a body: an announcement is stored nowhere, so there is nothing to look up.
    services.bus.publish(EXCHANGES.announcement, String(runnerParameters.route ?? 'general'), {
      payload: actionParameters,
      ...(execution.context.trace_context === undefined ? {} : { trace_context: execution.context.trace_context }),
    });
    return { status: 'succeeded', result: { output: actionParameters, ...actionParameters } };
  },
};
