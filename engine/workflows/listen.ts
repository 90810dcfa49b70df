import { defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { ConductorEvent } from '../conductor/contract.ts';
import { type LiveView, SIGNALS, type SignalArguments, VIEW_QUERY } from '../contract.ts';
import { createNewsFilter } from './news-filter.ts';

/** What the outside may do with a running execution. */
export interface Listeners {
  feed(event: ConductorEvent): void;
  view(since?: number, limit?: number): LiveView;
  completeAction(completion: SignalArguments['completeAction']): void;
  subWorkflowUpdated(update: SignalArguments['subWorkflowUpdated']): void;
  adopt(env?: Readonly<Record<string, unknown>>): void;
}

/** Installs the handlers of all signals and of the query. */
export function listen(listeners: Listeners): void {
  const { feed, adopt } = listeners;
  const isNews = createNewsFilter();
  const handlers: { readonly [S in keyof SignalArguments]: (argument: SignalArguments[S]) => void } = {
    pause: () => feed({ type: 'pause' }),
    resume: (argument) => {
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
      if (isNews(id, mark)) feed({ type: 'action.updated', id, state });
    },
    completeAction: (completion) => listeners.completeAction(completion),
    subWorkflowUpdated: (update) => listeners.subWorkflowUpdated(update),
  };
  for (const name of Object.keys(SIGNALS) as (keyof SignalArguments)[]) {
    setHandler(defineSignal<[unknown]>(name), handlers[name] as (argument: unknown) => void);
  }
  setHandler(defineQuery<LiveView, [number?, number?]>(VIEW_QUERY), (since, limit) => listeners.view(since, limit));
}
