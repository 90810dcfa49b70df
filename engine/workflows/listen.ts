import { defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { ConductorEvent } from '../conductor/contract.ts';
import { type LiveView, SIGNALS, type SignalArguments, VIEW_QUERY } from '../contract.ts';
import { createOrderFilter } from './order-filter.ts';

/** What the outside may do with a running execution. */
export interface Listeners {
  feed(event: ConductorEvent): void;
  view(since?: number, limit?: number): LiveView;
  completeAction(completion: SignalArguments['completeAction']): void;
  subWorkflowUpdated(update: SignalArguments['subWorkflowUpdated']): void;
  adopt(env?: Readonly<Record<string, unknown>>): void;
}

/** Pauses and resumes by the parent workflow, for the filter. */
const FROM_ABOVE = '';

/** Installs the handlers of all signals and of the query. */
export function listen(listeners: Listeners): void {
  const { feed, adopt } = listeners;
  const isInOrder = createOrderFilter();
  const handlers: { readonly [S in keyof SignalArguments]: (argument: SignalArguments[S]) => void } = {
    pause: (argument) => {
      if (isInOrder(FROM_ABOVE, argument?.mark)) feed({ type: 'pause' });
    },
    resume: (argument) => {
      if (!isInOrder(FROM_ABOVE, argument?.mark)) return;
      adopt(argument?.env);
      feed({ type: 'resume', env: argument?.env });
    },
    cancel: (argument) => feed({ type: 'cancel', message: argument?.message }),
    stop: ({ state, message }) => feed({ type: 'stop', state, message }),
    rerun: ({ tasks, env }) => {
      adopt(env);
      feed({ type: 'rerun', tasks, env });
    },
    skip: ({ task }) => feed({ type: 'skip', task }),
    actionUpdated: ({ id, state, mark }) => {
      if (isInOrder(id, mark)) feed({ type: 'action.updated', id, state });
    },
    completeAction: (completion) => listeners.completeAction(completion),
    subWorkflowUpdated: (update) => {
      if (isInOrder(update.id, update.mark)) listeners.subWorkflowUpdated(update);
    },
  };
  for (const name of Object.keys(SIGNALS) as (keyof SignalArguments)[]) {
    setHandler(defineSignal<[unknown]>(name), handlers[name] as (argument: unknown) => void);
  }
  setHandler(defineQuery<LiveView, [number?, number?]>(VIEW_QUERY), (since, limit) => listeners.view(since, limit));
}
