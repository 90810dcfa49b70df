/** What the supervisor asks of a host of services, and what the host answers, over IPC. */
export type HostRequest =
  | { readonly start: string /** File that the service logs to. */; readonly log: string }
  | { readonly stop: string };

export type HostReply =
  | { readonly started: string }
  | { readonly stopped: string }
  /** The service could not be started; the reason is one sentence. */
  | { readonly failed: string; readonly reason: string };

/** Name of the process that hosts, of its pid file and of its log. */
export const HOST_NAME = 'st2services';
