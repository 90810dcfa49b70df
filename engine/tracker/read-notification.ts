import type { Message } from '../../platform/bus/bus.ts';

/** What another system announces: a notification of OpenStack's oslo.messaging. */
export interface Notification {
  /** The same each time when a notification is delivered again. */
  readonly message_id: string | undefined;
  readonly event_type: string;
  /** Handed to workflows: Mistral's default properties, and with them what was announced. */
  readonly params: {
    readonly service: unknown;
    readonly project_id: unknown;
    readonly user_id: unknown;
    readonly timestamp: unknown;
    readonly event_type: string;
    readonly payload: unknown;
  };
}

/**
 * Reads a message: in an envelope (`oslo.message`, JSON text) as services of OpenStack send it, or the notification itself.
 *
 * @returns `undefined` for what is no notification
 */
export function readNotification(message: Message | null): Notification | undefined {
  const enclosed = message?.['oslo.message'];
  const notification = enclosed === undefined ? message : parse(enclosed);
  if (notification === null || typeof notification.event_type !== 'string') return undefined;
  const { event_type } = notification;
  const { message_id, publisher_id, timestamp, payload } = notification;
  return {
    message_id: typeof message_id === 'string' && message_id !== '' ? message_id : undefined,
    event_type,
    params: {
      service: publisher_id ?? null,
      project_id: notification._context_project_id ?? null,
      user_id: notification._context_user_id ?? null,
      timestamp: timestamp ?? notification._context_timestamp ?? new Date().toISOString(),
      event_type,
      payload: payload ?? null,
    },
  };
}

function parse(text: unknown): Message | null {
  try {
    return JSON.parse(String(text)) as Message | null;
  } catch {
    return null;
  }
}
