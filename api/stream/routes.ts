import { NotFoundError } from '../../core/errors.ts';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Stores } from '../../stores/stores.ts';
import { storedOutput } from '../lists/stored-output.ts';
import { executionSubject } from '../resources/executions/subject.ts';
import type { Answer, ApiRequest, Route } from '../server/route.ts';
import { type EventHub, outputEvent } from './event-hub.ts';
import { DEFAULT_EVENTS, type EventFilter, matchesPattern, type StreamEvent, toFrame, wants } from './events.ts';
import { listenWhileOpen } from './live-events.ts';
import { createRounds, type Rounds } from './rounds.ts';
import { createSight } from './sight.ts';
import { createSseConnection, SSE_HEADERS, SSE_TYPE, type SseConnection } from './sse-connection.ts';

export interface StreamDeps {
  readonly config: Config;
  readonly stores: Stores;
  readonly hub: EventHub;
}

const EXECUTION_UPDATE = `${EXCHANGES.execution}__update`;
const OUTPUT_CREATED = `${EXCHANGES.executionOutput}__create`;

const answer = (connection: SseConnection): Answer => ({
  type: SSE_TYPE,
  headers: SSE_HEADERS,
  body: connection.body,
});

const isOver = (status: string | undefined) => isExecutionStatus(status) && isCompleted(status);

function readFilter({ query }: ApiRequest): EventFilter {
  const actionRefs = query.list('action_refs');
  const executionIds = query.list('execution_ids');
  return {
    events: query.list('events') ?? DEFAULT_EVENTS,
    ...(actionRefs === undefined ? {} : { actionRefs }),
    ...(executionIds === undefined ? {} : { executionIds }),
  };
}

/** Sends the stored output of an execution as fast as the client takes it; `take` says what is still to be sent. */
async function sendStored(
  { stores }: StreamDeps,
  connection: SseConnection,
  id: string,
  sent: ReadonlySet<string>,
  take: (event: StreamEvent) => boolean,
): Promise<void> {
  for await (const pieces of storedOutput(stores, { executionId: id }, (piece) => !sent.has(piece))) {
    if (connection.body.destroyed) return;
    const events = pieces.map((piece) => outputEvent(piece)).filter(take);
    await connection.sendWhenTaken(Buffer.concat(events.map(({ name, data }) => toFrame(name, data))));
  }
}

/** Goes on after the answer has begun, which alone gives what is sent a reader. What cannot be read breaks the connection off. */
function goOn(connection: SseConnection, work: () => Promise<void>): void {
  work().catch(() => connection.body.destroy());
}

async function stream(deps: StreamDeps, rounds: Rounds, request: ApiRequest): Promise<Answer> {
  const { hub, config, stores } = deps;
  const filter = readFilter(request);
  const endId = request.query.text('end_execution_id');
  const endEvent = request.query.text('end_event') ?? EXECUTION_UPDATE;
  const maySee = await createSight(deps, request, endId);
  const connection = createSseConnection(config.stream.heartbeat, rounds);
  const sent = new Set<string>();
  const isWanted = (event: StreamEvent) => wants(filter, event) && maySee(event);
  const wantsOutput = filter.events.some((pattern) => matchesPattern(pattern, OUTPUT_CREATED));
  /** Pieces of output come from the database and live: each is shown once. It counts as shown then. */
  const isNew = ({ outputId }: StreamEvent): boolean => {
    if (outputId === undefined || endId === undefined) return true;
    if (sent.has(outputId)) return false;
    sent.add(outputId);
    return true;
  };
  const take = (event: StreamEvent) => isWanted(event) && isNew(event);
  let isFinishing = false;
  /** Shows the end, after whatever output the end has overtaken on its way. */
  const finish = async (id: string, end: Buffer) => {
    isFinishing = true;
    live.stop();
    // What cannot be read is not shown: the end is.
    if (wantsOutput) await sendStored(deps, connection, id, sent, take).catch(() => undefined);
    connection.send(end);
    connection.end();
  };
  const isEnd = (event: StreamEvent) => event.executionId === endId && event.name === endEvent && isOver(event.status);
  const show = (event: StreamEvent, frame = () => toFrame(event.name, event.data)) => {
    if (isFinishing || !isNew(event)) return;
    if (endId !== undefined && isEnd(event)) goOn(connection, () => finish(endId, frame()));
    else connection.send(frame());
  };
  const live = listenWhileOpen(hub, connection, isWanted, show);
  await live.heard;
  const lastId = request.headers['last-event-id'];
  const missed = lastId === undefined ? [] : (hub.after(lastId) ?? []);
  goOn(connection, async () => {
    for (const { event, id } of missed) {
      if (!take(event)) continue;
      const frame = toFrame(event.name, event.data, id);
      if (endId !== undefined && isEnd(event)) return finish(endId, frame);
      await connection.sendWhenTaken(frame);
    }
    if (endId !== undefined) {
      if (wantsOutput) await sendStored(deps, connection, endId, sent, take);
      const execution = await stores.executions.get(endId, { include: ['status'] });
      const ended = execution !== undefined && isCompleted(execution.status);
      for (const event of ended ? await hub.executionEvents(endId, 'update') : []) if (isWanted(event)) show(event);
    }
    live.release(new Set(missed.map(({ event }) => event)));
  });
  return answer(connection);
}

async function output(deps: StreamDeps, rounds: Rounds, request: ApiRequest): Promise<Answer> {
  const { stores, hub, config } = deps;
  const given = request.params.id ?? '';
  const options = { include: ['status'] };
  const execution =
    given === 'last'
      ? await stores.executions.findOne({}, { ...options, sort: { start_timestamp: -1 } })
      : await stores.executions.get(given, options);
  if (execution === undefined) throw new NotFoundError(`Unable to identify resource with id "${given}".`);
  const { id } = execution;
  const type = request.query.text('output_type') ?? 'all';
  const connection = createSseConnection(config.stream.heartbeat, rounds);
  const sent = new Set<string>();
  const take = (event: StreamEvent): boolean => {
    if (event.outputId === undefined || sent.has(event.outputId)) return false;
    sent.add(event.outputId);
    return type === 'all' || event.outputType === type;
  };
  let isFinishing = false;
  const finish = async () => {
    if (isFinishing) return;
    isFinishing = true;
    live.stop();
    await sendStored(deps, connection, id, sent, take);
    connection.send(toFrame('EOF', "''"));
    connection.end();
  };
  // Listening starts before the stored pieces are read, so that none falls in between.
  const live = listenWhileOpen(
    hub,
    connection,
    (event) => event.executionId === id,
    (event) => {
      if (isFinishing) return;
      if (take(event)) connection.send(toFrame(event.name, event.data));
      else if (event.name === EXECUTION_UPDATE && (isOver(event.status) || event.status === 'paused'))
        goOn(connection, finish);
    },
  );
  await live.heard;
  goOn(connection, async () => {
    await sendStored(deps, connection, id, sent, take);
    const now = await stores.executions.get(id, options);
    if (now === undefined || isCompleted(now.status) || now.status === 'paused') await finish();
    else live.release();
  });
  return answer(connection);
}

/** Routes of st2stream. */
export function streamRoutes(deps: StreamDeps): readonly Route[] {
  const rounds = createRounds();
  return [
    {
      method: 'GET',
      path: '/stream',
      produces: 'text/event-stream',
      summary: 'Events as they happen (server-sent events)',
      permission: 'stream_view',
      query: {
        events: 'list',
        action_refs: 'list',
        execution_ids: 'list',
        end_event: 'string',
        end_execution_id: 'string',
      },
      handle: (request) => stream(deps, rounds, request),
    },
    {
      method: 'GET',
      path: '/executions/:id/output',
      produces: 'text/event-stream',
      summary: 'Output of an execution, so far and as it comes (server-sent events)',
      permission: 'execution_view',
      subject: executionSubject(deps),
      query: { output_type: 'string' },
      handle: (request) => output(deps, rounds, request),
    },
  ];
}
