import { timingSafeEqual } from 'node:crypto';
import { UnauthorizedError, UnavailableError, ValidationError } from '../../core/errors.ts';
import { parseExactly } from '../../core/python/exact-json.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { AdapterSettings, ChatAdapter, ChatAnswer } from './adapter.ts';

const POST_TIMEOUT_MS = 10_000;

function assertToken(given: unknown, expected: string): void {
  const [a, b] = [Buffer.from(String(given ?? '')), Buffer.from(expected)];
  if (expected === '' || a.length !== b.length || !timingSafeEqual(a, b))
    throw new UnauthorizedError('The message does not carry the token of the bridge.');
}

async function send(url: string, body: unknown): Promise<void> {
  let status: number;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(POST_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    status = response.status;
  } catch (error) {
    throw new UnavailableError('The chat server does not answer.', {}, error);
  }
  if (status >= 400) throw new UnavailableError(`The chat server refuses the message: status ${status}.`);
}

function extraFor(answer: ChatAnswer, name: string): Readonly<Record<string, unknown>> {
  const extra = answer.extra?.[name];
  return isPlainObject(extra) ? extra : {};
}

/**
 * Any server that can send and take JSON. In: `{user, channel, text}` with the header `Authorization: Bearer <token>`.
 * Out: `{channel, user, text, whisper, bot, extra}`.
 */
function createWebhookAdapter(settings: AdapterSettings): ChatAdapter {
  return {
    name: 'webhook',
    read({ headers, body }) {
      assertToken(String(headers.authorization ?? '').replace(/^Bearer /i, ''), settings.token);
      let message: unknown;
      try {
        message = parseExactly(body);
      } catch (error) {
        throw new ValidationError('The message is no JSON.', {}, error);
      }
      if (!isPlainObject(message)) throw new ValidationError('The message must be an object.');
      const { user, channel, text } = message;
      if (typeof user !== 'string' || typeof channel !== 'string' || typeof text !== 'string')
        throw new ValidationError('The message needs the texts "user", "channel" and "text".');
      return { user, channel, text, source: message };
    },
    post: ({ channel, text, user, whisper = false, extra = {} }) =>
      send(settings.outgoing_url, { channel, text, user, whisper, extra, bot: settings.bot_name }),
  };
}

/** Slack and those like it (Mattermost, Rocket.Chat): outgoing webhooks or slash commands in, incoming webhooks out. */
function createSlackAdapter(settings: AdapterSettings): ChatAdapter {
  return {
    name: 'slack',
    read({ body }) {
      const form = new URLSearchParams(body);
      assertToken(form.get('token'), settings.token);
      if (form.has('bot_id') || form.get('user_name') === 'slackbot') return undefined;
      const text = form.get('text');
      const channel = form.get('channel_name') ?? form.get('channel_id');
      if (text === null || channel === null) throw new ValidationError('The message has no text or no channel.');
      return {
        user: form.get('user_name') ?? form.get('user_id') ?? '',
        channel,
        text,
        source: { channel_id: form.get('channel_id'), user_id: form.get('user_id'), command: form.get('command') },
      };
    },
    post(answer) {
      const named = answer.user === undefined ? answer.text : `@${answer.user}: ${answer.text}`;
      const channel = answer.whisper === true && answer.user !== undefined ? `@${answer.user}` : `#${answer.channel}`;
      const attachment = extraFor(answer, 'slack');
      const attachments = Object.keys(attachment).length === 0 ? {} : { attachments: [{ text: '', ...attachment }] };
      return send(settings.outgoing_url, { channel, text: named, username: settings.bot_name, ...attachments });
    },
  };
}

const ADAPTERS = { webhook: createWebhookAdapter, slack: createSlackAdapter } as const;

/**
 * Makes the adapter that the settings name.
 * @throws ValidationError for a name that is none, or without address or token
 */
export function createAdapter(name: string, settings: AdapterSettings): ChatAdapter {
  const create = Object.hasOwn(ADAPTERS, name) ? ADAPTERS[name as keyof typeof ADAPTERS] : undefined;
  if (create === undefined)
    throw new ValidationError(`Chat adapter "${name}" is not one of none, ${Object.keys(ADAPTERS).join(', ')}.`);
  if (settings.outgoing_url === '' || settings.token === '')
    throw new ValidationError(`Chat adapter "${name}" needs ST2_CHATOPS__OUTGOING_URL and ST2_CHATOPS__TOKEN.`);
  return create(settings);
}
