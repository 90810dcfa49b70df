/** The chat servers that the bridge can speak with: how a message comes in, and how one goes out. */

/** What somebody wrote. */
export interface ChatMessage {
  readonly user: string;
  readonly channel: string;
  readonly text: string;
  /** Given back with answers: whatever the chat server needs to find the place. */
  readonly source?: unknown;
}

/** What the bot says. */
export interface ChatAnswer {
  readonly channel: string;
  readonly text: string;
  /** Person to be named. */
  readonly user?: string;
  /** To the person alone. */
  readonly whisper?: boolean;
  /** What aliases say for one kind of chat server, such as `{slack: {color: 'good'}}`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A request of the chat server. */
export interface IncomingRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ChatAdapter {
  readonly name: string;
  /**
   * The message in a request; `undefined` for one that holds none (a message of a bot, a greeting).
   * @throws UnauthorizedError without the token, ValidationError for a body that cannot be read
   */
  read(request: IncomingRequest): ChatMessage | undefined;
  /** @throws UnavailableError when the chat server does not take it */
  post(answer: ChatAnswer): Promise<void>;
}

/** What adapters are made from. */
export interface AdapterSettings {
  readonly outgoing_url: string;
  readonly token: string;
  readonly bot_name: string;
}
