/** The requests of the bridge to st2api. */
import { UnavailableError, ValidationError } from '../../core/errors.ts';
import type { ChatMessage } from './adapter.ts';

export interface AliasMatch {
  readonly execution: { readonly id: string; readonly web_url?: string };
  readonly actionalias: {
    readonly ack?: { readonly enabled?: boolean; readonly append_url?: boolean };
  };
  readonly message?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface HelpLine {
  readonly display: string;
  readonly description: string;
}

export interface AliasApi {
  /** Runs what a command asks for. @throws ValidationError with the reason for which nothing was run */
  execute(command: string, message: ChatMessage, route: string): Promise<readonly AliasMatch[]>;
  help(filter: string): Promise<readonly HelpLine[]>;
}

const TIMEOUT_MS = 30_000;

/** @param url with `/v1`; @param token gives a token of the bot */
export function createAliasApi(url: string, token: () => Promise<string>): AliasApi {
  async function request(method: string, path: string, body?: unknown): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: { 'x-auth-token': await token(), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new UnavailableError('The API does not answer.', {}, error);
    }
    const answer: unknown = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const reason = (answer as { readonly faultstring?: unknown }).faultstring;
    throw new ValidationError(typeof reason === 'string' ? reason : `The API answers with status ${response.status}.`);
  }

  return {
    async execute(command, { user, channel, source }, route) {
      const answer = await request('POST', '/aliasexecution/match_and_execute', {
        command,
        user,
        source_channel: channel,
        source_context: source ?? null,
        notification_route: route,
      });
      return (answer as { readonly results: readonly AliasMatch[] }).results;
    },
    async help(filter) {
      const answer = await request('GET', `/actionalias/help?filter=${encodeURIComponent(filter)}`);
      return (answer as { readonly helpstrings: readonly HelpLine[] }).helpstrings;
    },
  };
}
