import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createAnnouncer } from '../../action-service/announce.ts';
import { setStatus } from '../../action-service/change-status.ts';
import { createStatusSetter } from '../../action-service/change-together.ts';
import type { ExecutionStatus } from '../../core/statuses.ts';
import type { Bus } from '../../platform/bus/bus.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { databaseFailure } from '../../platform/mongo/database-failure.ts';
import { openAnew } from '../../platform/mongo/reopen-stuck.ts';
import { newId } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
import type { TaskExecution } from '../../stores/records.ts';
import { createStores, ensureIndexes, type Stores } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';

describe('stores on a real database', { timeout: 120_000 }, () => {
  let services: Provisioned;
  let connection: Connection;
  let stores: Stores;

  before(async () => {
    services = await provisioned({ parts: ['mongodb'] });
    connection = await connectMongo(loadConfig(services.env), pino({ level: 'silent' }));
    stores = createStores(connection);
    await ensureIndexes(stores);
  });

  after(async () => {
    await connection?.close();
    await services?.stop();
  });

  const execution = () => {
    const now = new Date();
    return {
      liveaction_id: newId(),
      action_ref: 'core.noop',
      runner_type: 'noop',
      action_snapshot: 'a',
      runner_snapshot: 'r',
      status: 'requested' as const,
      parameters: { 'dotted.key': { $dollar: 1 } },
      context: { user: 'stanley' },
      start_timestamp: now,
      updated_at: now,
      log: [{ timestamp: now, status: 'requested' as const }],
    };
  };

  it('put one record where several put the same one at once', async () => {
    const put = (description: string) =>
      stores.triggerTypes.upsert({ ref: 'race.type' }, {
        uid: 'trigger_type:race:type',
        ref: 'race.type',
        name: 'type',
        pack: 'race',
        description,
      } as never);
    for (let round = 0; round < 5; round += 1) {
      await stores.triggerTypes.removeMany({ ref: 'race.type' });
      const all = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(put));
      const stored = await stores.triggerTypes.find({ ref: 'race.type' });
      assert.equal(stored.length, 1);
      assert.deepEqual(new Set(all.map(({ id }) => id)), new Set([stored[0]?.id]));
    }
  });

  it('go on over a connection that is opened anew; what was under way fails as when the database is away', async () => {
    const { uri } = loadConfig(services.env).database;
    const { id } = await stores.executions.insert(execution());
    for (let time = 0; time < 2; time += 1) {
      const meanwhile = stores.executions
        .get(id)
        .catch((error: unknown) => assert.ok(databaseFailure(error), `${error}`));
      await openAnew(connection, { uri, options: { autoIndex: false } });
      await meanwhile;
      assert.equal((await stores.executions.get(id))?.id, id);
    }
  });

  it('a connection that its owner closes while it is looked at stays closed', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const mine = await connectMongo(loadConfig(services.env), pino({ level: 'silent' }));
    let fail: () => void = () => undefined;
    const lost = new Promise<never>((_resolve, reject) => {
      fail = () => reject(new Error('lost'));
    });
    Object.assign(mine.db ?? {}, { command: () => lost });
    t.mock.timers.tick(5_000);
    await mine.close();
    fail();
    // The look asks over a connection of its own before it opens anew.
    await sleep(1_000);
    const { readyState } = mine;
    await mine.close();
    assert.equal(readyState, 0);
  });

  it('keeps dotted and dollar keys of parameters', async () => {
    const { id } = await stores.executions.insert(execution());
    assert.deepEqual((await stores.executions.get(id))?.parameters, { 'dotted.key': { $dollar: 1 } });
  });

  it('reads a malformed id as not found', async () => {
    assert.equal(await stores.executions.get('no id'), undefined);
    assert.equal(await stores.executions.get('0'.repeat(24)), undefined);
  });

  it('refuses a second execution with the same idempotency key, and names the first', async () => {
    const first = await stores.executions.insert({ ...execution(), idempotency_key: 'wf/task' });
    await assert.rejects(stores.executions.insert({ ...execution(), idempotency_key: 'wf/task' }), {
      code: 'CONFLICT',
      details: { conflict_id: first.id },
    });
  });

  it('lets many executions have no idempotency key', async () => {
    await stores.executions.insert(execution());
    await stores.executions.insert(execution());
  });

  it('lets one of many racing changes of status win', async () => {
    const { id } = await stores.executions.insert(execution());
    const changes = await Promise.all(
      Array.from({ length: 20 }, () => setStatus(stores, id, 'scheduled', { from: ['requested'] })),
    );
    assert.equal(changes.filter((changed) => changed !== undefined).length, 1);
    assert.deepEqual(
      (await stores.executions.get(id))?.log.map((entry) => entry.status),
      ['requested', 'scheduled'],
    );
  });

  it('never leaves a completed status, and stamps the end once', async () => {
    const { id } = await stores.executions.insert(execution());
    await setStatus(stores, id, 'running', { lease: { owner: 'me', seconds: 5 } });
    const done = await setStatus(stores, id, 'succeeded', { result: { a: 1 }, ifLeasedBy: 'me' });
    assert.equal(done?.lease, undefined);
    assert.ok(done?.end_timestamp instanceof Date);
    for (const status of ['running', 'failed', 'canceling', 'abandoned'] as const) {
      assert.equal(await setStatus(stores, id, status, {}), undefined);
    }
  });

  it('keeps a change from a runner whose lease is another one’s', async () => {
    const { id } = await stores.executions.insert(execution());
    await setStatus(stores, id, 'running', { lease: { owner: 'new', seconds: 5 } });
    assert.equal(await setStatus(stores, id, 'succeeded', { ifLeasedBy: 'old' }), undefined);
  });

  it('tells a status that has been left and has come back by the length of the log', async () => {
    const { id } = await stores.executions.insert(execution());
    for (const status of ['running', 'paused', 'resuming', 'running', 'paused'] as const) {
      await setStatus(stores, id, status, {});
    }
    assert.equal(await setStatus(stores, id, 'resuming', { from: ['paused'], ifLogLength: 3 }), undefined);
    assert.equal((await setStatus(stores, id, 'resuming', { from: ['paused'], ifLogLength: 6 }))?.status, 'resuming');
  });

  it('leaves what has been taken to whoever took it', async () => {
    const { id } = await stores.executions.insert(execution());
    await setStatus(stores, id, 'scheduled', { lease: { owner: 'taker', seconds: 5 } });
    assert.equal(await setStatus(stores, id, 'canceled', { ifUnleased: true }), undefined);
    assert.equal((await setStatus(stores, id, 'canceling', { from: ['scheduled'] }))?.status, 'canceling');
  });

  it('changes what comes together as it changes each alone', async () => {
    const setTogether = createStatusSetter(stores, pino({ level: 'silent' }));
    const ids = await Promise.all(
      Array.from({ length: 6 }, async () => (await stores.executions.insert(execution())).id),
    );
    const [taken, lost] = ids as [string, string];
    await setStatus(stores, taken, 'running', { lease: { owner: 'other', seconds: 5 } });
    await setStatus(stores, lost, 'canceled', {});
    const lease = { owner: 'me', seconds: 5 };
    const begin = (id: string) => setTogether(id, 'running', { lease, from: ['requested'], passed: [] });
    const begun = await Promise.all([...ids, newId()].map(begin));
    assert.deepEqual(
      begun.map((one) => one?.status),
      [undefined, undefined, 'running', 'running', 'running', 'running', undefined],
    );
    const mine = ids.slice(2);
    for (const [place, id] of mine.entries()) assert.deepEqual(begun[place + 2], await stores.executions.get(id));
    const end = (id: string, place: number) => setTogether(id, 'succeeded', { result: { place }, ifLeasedBy: 'me' });
    const ended = await Promise.all(ids.map(end));
    assert.deepEqual(
      ended.map((one) => one?.result),
      [undefined, undefined, { place: 2 }, { place: 3 }, { place: 4 }, { place: 5 }],
    );
    for (const [place, id] of mine.entries()) assert.deepEqual(ended[place + 2], await stores.executions.get(id));
    assert.equal((await stores.executions.get(taken))?.lease?.owner, 'other');
    assert.equal((await stores.executions.get(lost))?.status, 'canceled');
  });

  it('makes what comes of known executions as it is stored, and reads those that are not as they were known', async () => {
    const setTogether = createStatusSetter(stores, pino({ level: 'silent' }));
    const lease = { owner: 'me', seconds: 5 };
    const begin = async () => {
      const { id } = await stores.executions.insert({ ...execution(), callback: { source: 'mistral_v2' } });
      const begun = await setTogether(id, 'running', { lease });
      assert.ok(begun);
      return begun;
    };
    const end = (known: Execution, status: ExecutionStatus = 'succeeded') =>
      setTogether(known.id, status, {
        result: { a: 1 },
        context: { more: { b: 2 } },
        callback: null,
        lease: null,
        ifLeasedBy: 'me',
        known,
      });
    const same = await Promise.all([1, 2, 3].map(begin));
    const finds = mock.method(stores.executions, 'find');
    const ended = [...(await Promise.all(same.map((one) => end(one)))), await end(await begin())];
    assert.equal(finds.mock.callCount(), 0);
    finds.mock.restore();
    for (const one of ended) assert.deepEqual(one, await stores.executions.get(String(one?.id)));

    const [paused, canceled, lost] = (await Promise.all([1, 2, 3].map(begin))) as [Execution, Execution, Execution];
    for (const status of ['pausing', 'paused', 'resuming', 'running'] as const)
      await setStatus(stores, paused.id, status, {});
    await setStatus(stores, canceled.id, 'canceling', {});
    await stores.executions.updateOne({ id: lost.id }, { $set: { 'lease.owner': 'other' } });
    const changed = [paused, canceled, lost];
    const told = [...(await Promise.all(changed.map((one) => end(one)))), await end(canceled, 'failed')];
    assert.deepEqual(
      told.map((one) => one?.log.map(({ status }) => status).slice(1)),
      [
        ['running', 'pausing', 'paused', 'resuming', 'running', 'succeeded'],
        undefined,
        undefined,
        ['running', 'canceling', 'failed'],
      ],
    );
    assert.deepEqual(told[0], await stores.executions.get(paused.id));
  });

  it('lets one of several changes of the same execution win, and of two processes one, in the same moment', async () => {
    const [one, other] = [pino({ level: 'silent' }), pino({ level: 'silent' })].map((log) =>
      createStatusSetter(stores, log),
    );
    const ids = await Promise.all(
      Array.from({ length: 4 }, async () => (await stores.executions.insert(execution())).id),
    );
    const take = (set: typeof one, owner: string) =>
      Promise.all(ids.map((id) => set?.(id, 'running', { lease: { owner, seconds: 5 }, from: ['requested'] })));
    const [ones, others] = await Promise.all([take(one, 'one'), take(other, 'other')]);
    for (const [place, id] of ids.entries()) {
      const owners = [ones[place], others[place]].flatMap((won) => won?.lease?.owner ?? []);
      assert.deepEqual(owners, [(await stores.executions.get(id))?.lease?.owner]);
    }
    const [id] = ids as [string];
    const { owner } = (await stores.executions.get(id))?.lease ?? { owner: '' };
    const twice = await Promise.all([1, 2].map(() => one?.(id, 'succeeded', { result: 1, ifLeasedBy: owner })));
    assert.equal(twice.filter((won) => won !== undefined).length, 1);
  });

  it('changes the others where one is nothing that the database can hold', async () => {
    const setTogether = createStatusSetter(stores, pino({ level: 'silent' }));
    const ids = await Promise.all(
      Array.from({ length: 3 }, async () => (await stores.executions.insert(execution())).id),
    );
    const lease = { owner: 'me', seconds: 5 };
    await Promise.all(ids.map((id) => setTogether(id, 'running', { lease })));
    const results = ['fine', { 'no\0key': 1 }, 'x'.repeat(17_000_000)];
    const told = await Promise.allSettled(
      ids.map((id, place) => setTogether(id, 'succeeded', { result: results[place], ifLeasedBy: 'me' })),
    );
    assert.deepEqual(
      told.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const found = await Promise.all(ids.map(async (id) => (await stores.executions.get(id))?.status));
    assert.deepEqual(found, ['succeeded', 'running', 'succeeded']);
  });

  it('says of each of several whether it was new', async () => {
    const first = await stores.executions.insert({ ...execution(), idempotency_key: 'each/1' });
    const records = ['each/1', 'each/2', 'each/3', 'each/2'].map((key) => ({
      ...execution(),
      id: newId(),
      idempotency_key: key,
    }));
    assert.deepEqual(await stores.executions.insertEach(records), [false, true, true, false]);
    assert.equal((await stores.executions.findOne({ idempotency_key: 'each/1' }))?.id, first.id);
    assert.deepEqual(await stores.executions.insertEach(records.slice(0, 1)), [false], 'alone as well');
    assert.deepEqual(await stores.executions.insertEach([]), []);
  });

  it('gives documents by their ids, with the fields that are asked for', async () => {
    const ids = await Promise.all(
      [1, 2].map(async (result) => (await stores.executions.insert({ ...execution(), result })).id),
    );
    const found = await stores.executions.find({ id: { $in: [...ids, newId()] } }, { exclude: ['result', 'log'] });
    assert.deepEqual(found.map(({ id }) => id).toSorted(), ids.toSorted());
    assert.ok(
      found.every((one) => one.result === undefined && one.log === undefined && one.context.user === 'stanley'),
    );
    const named = await stores.executions.find({ id: { $in: ids } }, { include: ['result'] });
    assert.deepEqual(
      named.map((one) => Object.keys(one).toSorted()),
      [
        ['id', 'result'],
        ['id', 'result'],
      ],
    );
    const [first] = ids as [string];
    assert.deepEqual((await stores.executions.get(first))?.result, 1);
  });

  it('compares what an id has with texts, alternatives, absences and lengths, within objects and lists', async () => {
    const { id } = await stores.executions.insert({
      ...execution(),
      context: { user: 'stanley', tags: ['a', 'b'], mistral: { execution_id: 'x' } },
    });
    const note = { $set: { web_url: 'noted' } };
    const isChanged = async (filter: Readonly<Record<string, unknown>>) =>
      (await stores.executions.updateOne({ id, ...filter }, note)) !== undefined;
    const fitting = [
      { status: 'requested', 'context.mistral.execution_id': 'x' },
      { status: { $in: ['running', 'requested'] }, lease: { $exists: false } },
      { 'context.mistral': { $exists: true }, log: { $size: 1 } },
      { 'context.tags': 'b' },
      { 'context.tags': { $in: ['c', 'a'] } },
    ];
    for (const filter of fitting) assert.equal(await isChanged(filter), true, JSON.stringify(filter));
    const unfitting = [
      { status: 'running' },
      { 'context.mistral.execution_id': 'y' },
      { 'context.user.name': 'stanley' },
      { status: { $in: ['running'] } },
      { status: { $in: [] } },
      { lease: { $exists: true } },
      { status: { $exists: false } },
      { log: { $size: 2 } },
      { status: { $size: 1 } },
      { 'context.tags': 'c' },
    ];
    for (const filter of unfitting) assert.equal(await isChanged(filter), false, JSON.stringify(filter));
    assert.equal(await stores.executions.updateOne({ id: newId() }, note), undefined);
  });

  it('sets within objects, adds to lists, takes away, and leaves out of the answer what is not wanted', async () => {
    const { id } = await stores.executions.insert({ ...execution(), notify_state: 'pending' });
    const at = new Date('2026-01-02T03:04:05.678Z');
    const changed = await stores.executions.updateOne(
      { id },
      {
        $set: { 'context.deep.er': 1, result: { 'a.b': [null, 1.5, at] }, end_timestamp: at },
        $push: { log: { $each: [] }, notes: { text: 'one' } },
        $unset: { notify_state: 1 },
      },
      { exclude: ['result'] },
    );
    assert.deepEqual(changed?.context, { user: 'stanley', deep: { er: 1 } });
    assert.ok(changed !== undefined && !('result' in changed) && !('notify_state' in changed));
    const stored = await stores.executions.get(id);
    assert.deepEqual({ ...changed, result: { 'a.b': [null, 1.5, at] } }, stored);
    assert.deepEqual((stored as unknown as { notes: unknown }).notes, [{ text: 'one' }]);
    assert.deepEqual(stored?.end_timestamp, at);
  });

  it('refuses a change that takes the unique value of another record', async () => {
    const [first, second] = await Promise.all([
      stores.executions.insert({ ...execution(), idempotency_key: 'unique/first' }),
      stores.executions.insert({ ...execution(), idempotency_key: 'unique/second' }),
    ]);
    await assert.rejects(
      stores.executions.updateOne({ id: second.id }, { $set: { idempotency_key: 'unique/first' } }),
      { code: 'CONFLICT' },
    );
    assert.equal((await stores.executions.get(second.id))?.idempotency_key, 'unique/second');
    assert.equal((await stores.executions.get(first.id))?.idempotency_key, 'unique/first');
  });

  it('changes by an alternative only what fits the rest of the filter', async () => {
    const [mine, other] = await Promise.all([
      stores.executions.insert({ ...execution(), tracking: { owner: 'a', expires_at: new Date(Date.now() + 60_000) } }),
      stores.executions.insert({ ...execution(), tracking: { owner: 'b', expires_at: new Date(0) } }),
    ]);
    const free = { $or: [{ tracking: { $exists: false } }, { 'tracking.expires_at': { $lt: new Date() } }] };
    const change = { $set: { tracking: { owner: 'c', expires_at: new Date() } } };
    assert.equal(await stores.executions.updateOne({ id: mine.id, ...free }, change), undefined);
    assert.equal((await stores.executions.updateOne({ id: other.id, ...free }, change))?.tracking?.owner, 'c');
    assert.equal((await stores.executions.get(mine.id))?.tracking?.owner, 'a');
  });

  it('finds by status, date and absence together, and counts what it finds', async () => {
    const [parent, past] = [newId(), new Date(Date.now() - 60_000)];
    const inserted = await Promise.all(
      (['running', 'paused', 'succeeded'] as const).flatMap((status) =>
        [past, new Date(Date.now() + 60_000)].map((updated_at) =>
          stores.executions.insert({ ...execution(), parent, status, updated_at }),
        ),
      ),
    );
    const filter = {
      parent,
      status: { $in: ['running', 'paused'] },
      updated_at: { $lt: new Date() },
      callback_state: { $exists: false },
    };
    const expected = [inserted[0]?.id, inserted[2]?.id].sort();
    assert.deepEqual((await stores.executions.find(filter)).map(({ id }) => id).sort(), expected);
    assert.equal(await stores.executions.count(filter), 2);
    assert.equal(await stores.executions.count({ parent }), 6);
  });

  it('stores of many records those that are new, and says how many were there', async () => {
    const [first, second] = [newId(), newId()];
    const instance = (id: string) => ({
      id,
      trigger: 'test.trigger',
      occurrence_time: new Date(),
      status: 'processed',
    });
    assert.equal(await stores.triggerInstances.insertNew([instance(first)]), 0);
    assert.equal(await stores.triggerInstances.insertNew([instance(first), instance(second)]), 1);
    assert.equal(await stores.triggerInstances.count({ id: { $in: [first, second] } }), 2);
  });

  it('puts many records, new ones and newer ones, over none that is newer', async () => {
    const [stored, newer, fresh] = [newId(), newId(), newId()];
    const task = (id: string, version: number) =>
      ({ id, uuid: id, name: `of version ${version}`, workflow_execution_id: 'w', version }) as TaskExecution;
    await stores.taskExecutions.putNewer([task(stored, 1), task(newer, 5)]);
    await stores.taskExecutions.putNewer([task(newer, 4), task(fresh, 2), task(stored, 2)]);
    const found = await stores.taskExecutions.find(
      { id: { $in: [stored, newer, fresh] } },
      { include: ['version', 'name'] },
    );
    const versions = Object.fromEntries(found.map(({ id, version, name }) => [id, [version, name]]));
    assert.deepEqual(versions, {
      [stored]: [2, 'of version 2'],
      [newer]: [5, 'of version 5'],
      [fresh]: [2, 'of version 2'],
    });
  });

  it('stores what is not there where an update asks for that, and says what is there and does not fit', async () => {
    const ids = [newId(), newId()];
    const put = (id: string | undefined, version: number) => ({
      updateOne: {
        filter: { _id: id, version: { $lte: version } },
        update: { $set: { uuid: id, version } },
        upsert: true,
      },
    });
    const write = (...changes: ReturnType<typeof put>[]) =>
      connection.collection('task_executions').bulkWrite(changes as never[], { ordered: false });
    const first = await write(put(ids[0], 3));
    assert.deepEqual([first.upsertedCount, first.upsertedIds], [1, { 0: ids[0] }]);
    await assert.rejects(write(put(ids[0], 2), put(ids[1], 1)), (error: { code: number; result: typeof first }) => {
      assert.deepEqual([error.code, error.result.upsertedCount], [11_000, 1]);
      return true;
    });
    assert.equal((await write(put(ids[0], 4), put(ids[1], 4))).matchedCount, 2);
    const named = newId();
    const byName = {
      updateOne: { filter: { _id: named, name: 'n' }, update: { $set: { uuid: named } }, upsert: true },
    };
    await connection.collection('task_executions').bulkWrite([byName] as never[]);
    assert.equal((await stores.taskExecutions.get(named))?.name, 'n', 'with what the filter says');
    const found = await stores.taskExecutions.find({ id: { $in: ids } }, { include: ['uuid', 'version'] });
    assert.deepEqual(
      found.map(({ id, uuid, version }) => [uuid === id, version]),
      [
        [true, 4],
        [true, 4],
      ],
    );
  });

  it('pages and sorts', async () => {
    for (const name of ['b', 'a', 'c']) await stores.users.insert({ name, is_service: false, nicknames: {} });
    const page = await stores.users.find({}, { sort: { name: 1 }, limit: 2, offset: 1, include: ['name'] });
    assert.deepEqual(
      page.map((user) => user.name),
      ['b', 'c'],
    );
    assert.equal(await stores.users.count({}), 3);
  });
});

describe('announcements', () => {
  it('carry ids and a status, never parameters', () => {
    const sent: unknown[] = [];
    const bus = { publish: (...message: unknown[]) => sent.push(message) } as unknown as Bus;
    const execution = { id: 'x', status: 'requested', parameters: { password: 'p' } } as never;
    const announce = createAnnouncer(bus);
    announce.ordered(execution, true);
    announce.created(execution, true);
    announce.ended(execution, false);
    assert.ok(!JSON.stringify(sent).includes('password'));
    assert.equal(sent.length, 5);
  });
});
