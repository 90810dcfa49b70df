/** What an execution's notify section sends at its end. Source: `st2actions/notifier/notifier.py`. */
import { toTimestamp } from '../../action-service/present-execution.ts';
import { type ExecutionStatus, FAILED_STATUSES } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';

type Values = Readonly<Record<string, unknown>>;

/** Renders the texts of a notification; gives them back as they are when they cannot be rendered. */
export type RenderNotification = (mapping: Values) => Promise<Values>;

interface Subsection {
  readonly key: 'on-complete' | 'on-success' | 'on-failure';
  readonly says: string;
  readonly applies: (status: ExecutionStatus) => boolean;
}

const SUBSECTIONS: readonly Subsection[] = [
  { key: 'on-complete', says: 'completed.', applies: () => true },
  { key: 'on-success', says: 'succeeded.', applies: (status) => status === 'succeeded' },
  { key: 'on-failure', says: 'failed.', applies: (status) => FAILED_STATUSES.includes(status) },
];

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Payloads of the trigger `core.st2.generic.notifytrigger`: one a route. */
export async function notifications(execution: Execution, render: RenderNotification): Promise<readonly Values[]> {
  if (!isObject(execution.notify)) return [];
  const payloads: Values[] = [];
  for (const { key, says, applies } of SUBSECTIONS) {
    // Older packs write the keys with an underscore.
    const section = execution.notify[key] ?? execution.notify[key.replace('-', '_')];
    if (!isObject(section) || !applies(execution.status)) continue;
    const routes = toList(section.routes).length > 0 ? toList(section.routes) : toList(section.channels);
    if (routes.length === 0) continue;
    const message = typeof section.message === 'string' && section.message !== '' ? section.message : undefined;
    const rendered = await render({ message: message ?? `Action ${execution.action_ref} ${says}` });
    const data = await render(isObject(section.data) ? section.data : {});
    for (const route of routes) payloads.push(toPayload(execution, route, rendered.message, data));
  }
  return payloads;
}

function toPayload(execution: Execution, route: unknown, message: unknown, data: Values): Values {
  return {
    message,
    data: { ...data, result: JSON.stringify(execution.result ?? null) },
    execution_id: execution.id,
    status: execution.status,
    start_timestamp: toTimestamp(execution.start_timestamp),
    end_timestamp: toTimestamp(execution.end_timestamp ?? new Date()),
    action_ref: execution.action_ref,
    runner_ref: execution.runner_type,
    route,
    channel: route,
  };
}
