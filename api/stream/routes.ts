import { ForbiddenError, NotFoundError } from '../../core/errors.ts';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Stores } from '../../stores/stores.ts';
import { executionSubject } from '../resources/executions/subject.ts';
import { ownOnly } from '../server/authorize.ts';
import type { Answer, ApiRequest, Route } from '../server/route.ts';
import { type EventHub, type Listener, outputEvent } from './event-hub.ts';
import { DEFAULT_EVENTS, type EventFilter, type StreamEvent, toFrame, wants } from './events.ts';
import { createRounds, type Rounds } from './rounds.ts';
import { createSseConnection, SSE_HEADERS, SSE_TYPE, type SseConnection } from './sse-connection.ts';

export interface StreamDeps {
  readonly config: Config;
  readonly stores: Stores;
  readonly hub: EventHub;
}

const EXECUTION_UPDATE = `${EXCHANGES.execution}__update`;

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

/**
 * Listens until the connection is closed, or `stop` is called. `heard` resolves once events come; where the broker is away it
 * rejects, and the connection is given up.
 */
function listenWhileOpen(hub: EventHub, connection: SseConnection, listener: Listener) {
  const listening = hub.listen(listener);
  const stop = () =>
    void listening.then(
      (leave) => leave(),
      () => undefined,
    );
  connection.onClose(stop);
  const heard = listening.catch((error: unknown) => {
    connection.body.destroy();
    throw error;
  });
  return { stop, heard };
}

async function stream(deps: StreamDeps, rounds: Rounds, request: ApiRequest): Promise<Answer> {
  const { hub, config } = deps;
  const filter = readFilter(request);
  const endId = request.query.text('end_execution_id');
  const endEvent = request.query.text('end_event') ?? EXECUTION_UPDATE;
  const connection = createSseConnection(config.stream.heartbeat, rounds);
  const sent = new Set<string>();
  const maySee = await createSight(deps, request, endId);
  const show = (event: StreamEvent, frame = () => toFrame(event.name, event.data)) => {
    if (!wants(filter, event) || connection.body.destroyed || !maySee(event)) return;
    if (event.outputId !== undefined && endId !== undefined) {
      if (sent.has(event.outputId)) return;
      sent.add(event.outputId);
    }
    if (endId !== undefined && event.executionId === endId && event.name === endEvent && isOver(event.status)) {
      stop();
      void finish(endId, frame());
      return;
    }
    connection.send(frame());
  };
  let isFinishing = false;
  /** Shows the end, after whatever output the end has overtaken on its way. */
  const finish = async (id: string, end: Buffer) => {
    if (isFinishing) return;
    isFinishing = true;
    // What cannot be read is not shown: the end is.
    await showOutput(deps, id, show).catch(() => undefined);
    connection.send(end);
    connection.end();
  };
  const { stop, heard } = listenWhileOpen(hub, connection, show);
  await heard;
  const lastId = request.headers['last-event-id'];
  if (lastId !== undefined) {
    for (const { event, id } of hub.after(lastId) ?? []) show(event, () => toFrame(event.name, event.data, id));
  }
  if (endId !== undefined) await catchUp(deps, endId, show);
  return answer(connection);
}

/**
 * Which events a requester may see: under permission isolation those of own executions. Output does not say whose it is,
 * so it is shown once the execution was seen.
 *
 * @throws ForbiddenError when the execution to wait for is somebody else's
 */
async function createSight({ config, stores }: StreamDeps, { requester }: ApiRequest, endId: string | undefined) {
  const user = ownOnly(config, requester)['context.user'];
  if (user === undefined) return () => true;
  const own = new Set<string>();
  if (endId !== undefined) {
    const execution = await stores.executions.get(endId, { include: ['context'] });
    if (execution !== undefined && execution.context.user !== user) {
      throw new ForbiddenError(`User "${requester.user}" may not see the execution "${endId}".`);
    }
    own.add(endId);
  }
  return ({ executionId, owner, outputId }: StreamEvent): boolean => {
    if (executionId === undefined) return true;
    if (outputId === undefined && owner === user) own.add(executionId);
    return outputId === undefined ? owner === user : own.has(executionId);
  };
}

/**
 * A client that waits for the end of an execution asks after it was requested: what happened in between,
 * perhaps the end itself, is shown first.
 */
async function catchUp(deps: StreamDeps, id: string, show: (event: StreamEvent) => void): Promise<void> {
  const { stores, hub } = deps;
  await showOutput(deps, id, show);
  const execution = await stores.executions.get(id, { include: ['status'] });
  if (execution === undefined || !isCompleted(execution.status)) return;
  for (const event of await hub.executionEvents(id, 'update')) show(event);
}

/** Shows the output of an execution that is stored. */
async function showOutput({ stores }: StreamDeps, id: string, show: (event: StreamEvent) => void): Promise<void> {
  const pieces = await stores.outputs.find({ execution_id: id }, { sort: { timestamp: 1, sequence: 1 } });
  for (const piece of pieces) show(outputEvent(piece));
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
  const show = (event: StreamEvent) => {
    if (event.outputId === undefined || sent.has(event.outputId)) return;
    if (type !== 'all' && event.outputType !== type) return;
    sent.add(event.outputId);
    connection.send(toFrame(event.name, event.data));
  };
  const showStored = () => showOutput(deps, id, show);
  const finish = async () => {
    stop();
    await showStored();
    connection.send(toFrame('EOF', "''"));
    connection.end();
  };
  // Listening starts before the stored pieces are read, so that none falls in between.
  const { stop, heard } = listenWhileOpen(hub, connection, (event) => {
    if (event.executionId !== id) return;
    if (event.outputId !== undefined) show(event);
    else if (event.name === EXECUTION_UPDATE && (isOver(event.status) || event.status === 'paused')) {
      finish().catch(() => connection.end());
    }
  });
  await heard;
  await showStored();
  const now = await stores.executions.get(id, options);
  if (now === undefined || isCompleted(now.status) || now.status === 'paused') await finish();
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
