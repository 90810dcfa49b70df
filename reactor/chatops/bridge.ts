/**
 * The bridge between a chat server and aliases: commands in, acknowledgements, results and announcements out.
 * Without a chat server configured it only waits.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatResult } from '../../action-service/chatops/format-result.ts';
import type { ActionService } from '../../action-service/contract.ts';
import { errorCode, errorMessage, ValidationError } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { type Bus, type Consumer, EXCHANGES, type Message } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Stores } from '../../stores/stores.ts';
import type { ChatAdapter, ChatAnswer, ChatMessage } from './adapter.ts';
import type { AliasApi, AliasMatch } from './alias-api.ts';

const MAX_BODY = 1024 * 1024;
const HELP_LINES = 50;
const KEPT_ANSWERED = 1_000;

export interface ChatBridgeDeps {
  readonly adapter: ChatAdapter;
  readonly api: AliasApi;
  readonly bus: Bus;
  readonly stores: Stores;
  readonly actions: Pick<ActionService, 'present'>;
  readonly logger: Logger;
  readonly settings: {
    readonly host: string;
    readonly port: number;
    readonly command_prefix: string;
    readonly route: string;
    readonly post_results: boolean;
  };
}

export interface ChatBridge extends Service {
  /** Port that it listens on, once started. */
  port(): number;
}

/** Clients of StackStorm split a message at this mark into a headline and an attachment; here both are lines. */
const withoutMark = (text: string) => text.replaceAll('{~}', '\n').trim();

export function createChatBridge(deps: ChatBridgeDeps): ChatBridge {
  const { adapter, api, bus, stores, actions, settings } = deps;
  const logger = deps.logger.child({ component: 'chatops', adapter: adapter.name });
  const answered = new Set<string>();
  const work = new Set<Promise<void>>();
  let server: Server | undefined;
  let consumer: Consumer | undefined;

  /** Runs in the background; what fails is logged. */
  function background(what: string, task: Promise<void>): void {
    const done = task.catch((error: unknown) => logger.warn({ reason: errorMessage(error) }, what));
    work.add(done);
    void done.finally(() => work.delete(done));
  }

  const say = (message: ChatMessage, text: string, more: Partial<ChatAnswer> = {}) =>
    adapter.post({ channel: message.channel, user: message.user, text, ...more });

  async function acknowledge(message: ChatMessage, match: AliasMatch): Promise<void> {
    const { ack } = match.actionalias;
    if (ack?.enabled === false) return;
    const { id, web_url: url } = match.execution;
    const text = match.message ?? `Got it. The execution is ${id}.`;
    const link = ack?.append_url === false || url === undefined ? '' : ` ${url}`;
    await say(message, `${text}${link}`, match.extra === undefined ? {} : { extra: match.extra });
  }

  async function help(message: ChatMessage, filter: string): Promise<void> {
    const lines = await api.help(filter);
    const shown = lines
      .slice(0, HELP_LINES)
      .map(({ display, description }) => `${settings.command_prefix}${display} - ${description}`);
    const more = lines.length > HELP_LINES ? [`… and ${lines.length - HELP_LINES} more`] : [];
    await say(message, [...shown, ...more].join('\n') || 'There are no commands.');
  }

  async function handle(message: ChatMessage): Promise<void> {
    const text = message.text.trim();
    if (!text.startsWith(settings.command_prefix)) return;
    const command = text.slice(settings.command_prefix.length).trim();
    const [, filter] = /^help(?:\s+(.*))?$/s.exec(command) ?? [];
    try {
      if (command.startsWith('help') && (filter !== undefined || command === 'help'))
        return await help(message, filter ?? '');
      for (const match of await api.execute(command, message, settings.route)) await acknowledge(message, match);
    } catch (error) {
      logger.info({ reason: errorMessage(error) }, 'command was not run');
      await say(message, errorMessage(error));
    }
  }

  async function postResult(id: string): Promise<void> {
    if (answered.has(id)) return;
    const execution = await stores.executions.get(id, { include: ['context', 'notify', 'status'] });
    const reference = execution?.context.action_alias_ref;
    if (execution === undefined || !isPlainObject(reference) || !isCompleted(execution.status)) return;
    const section = isPlainObject(execution.notify) ? execution.notify['on-complete'] : undefined;
    if (!isPlainObject(section) || !Array.isArray(section.routes) || !section.routes.includes(settings.route)) return;
    // The mark comes before any waiting: of two messages about one end, one speaks.
    if (answered.has(id)) return;
    answered.add(id);
    if (answered.size > KEPT_ANSWERED) answered.delete([...answered][0] ?? '');
    const alias = await stores.aliases.get(String(reference.id));
    const full = await stores.executions.get(id);
    if (alias === undefined || full === undefined) return;
    const [presented = {}] = await actions.present([full]);
    const formatted = formatResult(alias, presented);
    const data = isPlainObject(section.data) ? section.data : {};
    if (formatted === undefined || typeof data.source_channel !== 'string') return;
    const user = typeof data.user === 'string' ? { user: data.user } : {};
    await adapter.post({ channel: data.source_channel, ...user, ...formatted, text: withoutMark(formatted.text) });
  }

  async function postAnnouncement({ payload }: Message): Promise<void> {
    if (!isPlainObject(payload) || typeof payload.message !== 'string' || typeof payload.channel !== 'string') return;
    const { message, channel, user, whisper, extra } = payload;
    await adapter.post({
      channel,
      text: withoutMark(message),
      ...(typeof user === 'string' && user !== '' ? { user } : {}),
      whisper: whisper === true,
      ...(isPlainObject(extra) ? { extra } : {}),
    });
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const finish = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.method === 'GET' && request.url === '/healthz') return finish(200, { status: 'ok' });
    if (request.method !== 'POST') return finish(405, { error: 'Messages are posted.' });
    try {
      const message = adapter.read({ headers: request.headers, body: await readBody(request) });
      // Answered at once: the chat server does not wait for actions.
      finish(200, {});
      if (message !== undefined) background('command could not be handled', handle(message));
    } catch (error) {
      const status = errorCode(error) === 'UNAUTHORIZED' ? 401 : errorCode(error) === 'VALIDATION' ? 400 : 500;
      finish(status, { error: errorMessage(error) });
    }
  }

  function onMessage(message: Message, exchange: string): void {
    if (exchange === EXCHANGES.announcement) {
      background('announcement could not be posted', postAnnouncement(message));
    } else if (settings.post_results && isExecutionStatus(message.status) && isCompleted(message.status)) {
      background('result could not be posted', postResult(String(message.id)));
    }
  }

  return {
    port() {
      const address = server?.address();
      return typeof address === 'object' && address !== null ? address.port : settings.port;
    },
    async start() {
      consumer = await bus.subscribe({
        bindings: [
          { exchange: EXCHANGES.announcement, routing_key: settings.route },
          { exchange: EXCHANGES.execution, routing_key: 'update' },
        ],
        handler: (message, _key, exchange) => onMessage(message, exchange),
      });
      const listening = createServer((request, response) => void receive(request, response));
      server = listening;
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject);
        listening.listen(settings.port, settings.host, resolve);
      });
      logger.info({ host: settings.host, port: this.port() }, 'chat bridge listens');
    },
    async stop() {
      await consumer?.cancel();
      await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
      await Promise.all(work);
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new ValidationError('The message is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
