import { EXCHANGES } from '../../platform/bus/bus.ts';

/** Sent to a client that does not say which events it wants. */
export const DEFAULT_EVENTS: readonly string[] = [
  `${EXCHANGES.announcement}__*`,
  `${EXCHANGES.execution}__create`,
  `${EXCHANGES.execution}__update`,
  `${EXCHANGES.execution}__delete`,
  `${EXCHANGES.liveaction}__create`,
  `${EXCHANGES.liveaction}__update`,
  `${EXCHANGES.liveaction}__delete`,
];

/** One event, ready to be sent: its name, its data, and what it can be filtered by. */
export interface StreamEvent {
  /** Exchange and routing key with `__` between. */
  readonly name: string;
  readonly data: string;
  readonly actionRef?: string;
  readonly executionId?: string;
  /** In whose name the execution runs. */
  readonly owner?: string;
  /** Status of the execution that the event is about. */
  readonly status?: string;
  /** Id of the stored piece of output. */
  readonly outputId?: string;
  readonly outputType?: string;
}

/** What one client wants to see. */
export interface EventFilter {
  readonly events: readonly string[];
  readonly actionRefs?: readonly string[];
  readonly executionIds?: readonly string[];
}

/** Whether a name fits a pattern in which `*` stands for any text. Compared piece by piece, so no pattern can be slow. */
export function matchesPattern(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return pattern === name;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** Whether a client wants an event. */
export function wants(filter: EventFilter, event: StreamEvent): boolean {
  if (!filter.events.some((pattern) => matchesPattern(pattern, event.name))) return false;
  if (filter.actionRefs !== undefined && !filter.actionRefs.includes(event.actionRef ?? '')) return false;
  return filter.executionIds === undefined || filter.executionIds.includes(event.executionId ?? '');
}

/** The frame of an event as server-sent events have it. Users name events by routes: a line break would begin another event. */
export function toFrame(name: string, data: string, id?: string): Buffer {
  return Buffer.from(
    `event: ${name.replace(/[\r\n]+/g, ' ')}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`,
  );
}
