import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { connect } from 'amqplib';
import mongoose from 'mongoose';
import { createProcessTable } from '../../cli/processes/process-table.ts';
import { projectRoot } from '../../cli/project-paths.ts';
import { provisionBus } from '../../cli/provision/bus.ts';
import { cacheFolder } from '../../cli/provision/cache.ts';
import { ensureNx, provisionMongodb } from '../../cli/provision/mongodb.ts';
import type { ProvisionContext } from '../../cli/provision/part.ts';
import { silentProgress } from '../../cli/provision/progress.ts';
import { findRabbitmqServer } from '../../cli/provision/rabbitmq.ts';
import { prepareTemporal, provisionTemporal, searchAttributes } from '../../cli/provision/temporal.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { findFreePorts, isPortFree } from '../../platform/network/ports.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const { MongoClient } = mongoose.mongo;

describe('the provisioned infrastructure', () => {
  let infrastructure: Provisioned;
  const env = (name: string) => infrastructure.env[name] ?? assert.fail(`${name} is not set`);
  before(async () => {
    infrastructure = await provisioned({ own: true });
  });
  after(async () => {
    await infrastructure?.stop();
  });

  const withDatabase = async <T>(work: (client: InstanceType<typeof MongoClient>) => Promise<T>): Promise<T> => {
    const client = new MongoClient(env('ST2_DATABASE__URI'), { serverSelectionTimeoutMS: 2_000 });
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.close();
    }
  };

  it('has a Temporal that knows our search attributes; preparing it again changes nothing', async () => {
    await prepareTemporal(loadConfig(infrastructure.env), 5_000, silentProgress);
    const connection = await Connection.connect({ address: env('TEMPORAL_ADDRESS') });
    const known = await connection.operatorService.listSearchAttributes({ namespace: env('TEMPORAL_NAMESPACE') });
    await connection.close();
    for (const name of searchAttributes) assert.ok(name in (known.customAttributes ?? {}), name);
  });

  it('has a Temporal UI', async () => {
    const response = await fetch(env('ST2_TEMPORAL__UI_URL'));
    assert.equal(response.status, 200);
  });

  it('has a database whose compare-and-set lets exactly one of many racers win, for every document', async () => {
    await withDatabase(async (client) => {
      const jobs = client.db().collection('race');
      await jobs.insertMany(Array.from({ length: 20 }, (_, number) => ({ number, status: 'requested' })));
      const claims = Array.from({ length: 200 }, async (_, index) => {
        const filter = { number: index % 20, status: { $in: ['requested'] } };
        return await jobs.findOneAndUpdate(filter, { $set: { status: 'scheduled', owner: index } });
      });
      const won = (await Promise.all(claims)).filter((document) => document !== null);
      assert.equal(won.length, 20);
      assert.equal(await jobs.countDocuments({ status: 'scheduled' }), 20);
    });
  });

  it('keeps databases of different names apart', async () => {
    await withDatabase(async (client) => {
      await client.db().collection('apart').insertOne({ here: true });
      assert.equal(await client.db('elsewhere').collection('apart').countDocuments({}), 0);
    });
  });

  it('has an embedded database that copies its log while it runs, and keeps out of sparse indexes what has no such field', async (context) => {
    const files = path.join(infrastructure.folder, 'mongodb', 'nx');
    if (!existsSync(files)) return context.skip('another database is used');
    await withDatabase(async (client) => {
      const records = client.db('copied').collection('records');
      await records.createIndex({ mark: 1, at: 1 }, { sparse: true });
      for (let number = 0; number < 1_000; number += 1) {
        await records.insertOne({
          number,
          at: number,
          text: 'x'.repeat(1_000),
          ...(number % 100 === 0 ? { mark: 'm' } : {}),
        });
      }
      assert.equal((await records.find({ mark: 'm', at: { $lt: 500 } }).toArray()).length, 5);
    });
    const file = path.join(files, 'copied.db');
    // The log may hold 64 MB: nothing but the copies fills the file so early.
    await waitFor(() => statSync(file).size > 500_000, { what: 'the records in the file of the database' });
    const python = 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])';
    const indexes = "SELECT sql FROM sqlite_master WHERE name = 'idx_records_mark_at'";
    const { stdout } = spawnSync('python3', ['-c', python, file, indexes], { encoding: 'utf8' });
    assert.match(stdout, /WHERE \w+\(data, '\$\.mark'\) IS NOT NULL/);
  });

  it('has an embedded database that knows the indexes of the file that it opens', async (context) => {
    const files = path.join(infrastructure.folder, 'mongodb', 'nx');
    if (!existsSync(files)) return context.skip('another database is used');
    await withDatabase((client) => client.db('indexed').collection('records').createIndex({ colour: 1, at: -1 }));
    const { python, pythonPath } = await ensureNx({
      env: process.env,
      cacheFolder: cacheFolder(process.env),
      progress: silentProgress,
    });
    const program = path.join(projectRoot, 'cli', 'provision', 'embedded-mongodb.py');
    const script = [
      'import runpy, sys',
      'sys.path.insert(0, sys.argv[1].rpartition("/")[0])',
      'embedded = runpy.run_path(sys.argv[1])',
      'embedded["Store"](sys.argv[2])',
      'print(*embedded["first_fields"])',
    ].join('\n');
    const file = path.join(files, 'indexed.db');
    const env = { ...process.env, ...(pythonPath === undefined ? {} : { PYTHONPATH: pythonPath }) };
    const { stdout, stderr } = spawnSync(python, ['-c', script, program, file], { encoding: 'utf8', env });
    assert.equal(stdout, 'colour\n', stderr);
  });

  it('keeps data of database and Temporal over kill -9 of both', async () => {
    await withDatabase((client) => client.db().collection('kept').insertOne({ kept: 'yes' }));
    const started = await connectTemporal();
    const options = { taskQueue: 'nobody', workflowId: 'kept', args: [] };
    await started.client.workflow.start('never-run', options);
    await started.connection.close();

    await Promise.all([infrastructure.kill('mongodb'), infrastructure.kill('temporal')]);
    infrastructure.restart('mongodb');
    infrastructure.restart('temporal');

    const find = () => withDatabase((client) => client.db().collection('kept').findOne({ kept: 'yes' }));
    assert.equal((await waitFor(find, { what: 'the document' }))?.kept, 'yes');
    const describeRun = async () => {
      const { client, connection } = await connectTemporal();
      try {
        return await client.workflow.getHandle('kept').describe();
      } finally {
        await connection.close();
      }
    };
    const run = await waitFor(describeRun, { what: 'the workflow' });
    assert.equal(run.type, 'never-run');
  });

  it('keeps durable queues and persistent messages of RabbitMQ over a restart', async (context) => {
    if (findRabbitmqServer(process.env) === undefined) {
      context.skip('rabbitmq-server is not installed');
      return;
    }
    const url = env('ST2_MESSAGING__URL');
    const before = await connect(url);
    const channel = await before.createConfirmChannel();
    await channel.assertQueue('kept', { durable: true });
    channel.sendToQueue('kept', Buffer.from('message'), { persistent: true });
    await channel.waitForConfirms();
    // The message is on disk once it is confirmed; the broker's own database writes the queue's definition in its own time, and after it
    // that this holds. What is declared later is written after both.
    await channel.assertQueue('declared-later', { durable: true });
    await before.close();
    await waitFor(() => isStored('declared-later'), { what: 'the queues in the files of the broker' });
    await infrastructure.kill('bus');
    infrastructure.restart('bus');
    const receive = async () => {
      const connection = await connect(url);
      // A broker that still recovers refuses: the call fails, and the event of the same refusal must not end the test.
      connection.on('error', () => undefined);
      try {
        const channel = await connection.createChannel();
        channel.on('error', () => undefined);
        const message = await channel.get('kept', { noAck: true });
        return message ? message.content.toString() : undefined;
      } finally {
        await connection.close();
      }
    };
    assert.equal(await waitFor(receive, { what: 'the message' }), 'message');
  });

  function isStored(queue: string): boolean {
    const folder = path.join(infrastructure.folder, 'rabbitmq');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const tables = files.filter((file) => /(LATEST\.LOG|rabbit_durable_queue\.DC[DL])$/.test(file));
    return tables.some((file) => readFileSync(path.join(folder, file)).includes(queue));
  }

  async function connectTemporal() {
    const connection = await Connection.connect({ address: env('TEMPORAL_ADDRESS'), connectTimeout: 2_000 });
    return { connection, client: new Client({ connection, namespace: env('TEMPORAL_NAMESPACE') }) };
  }
});

describe('addresses that are given', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => {
    await folder.remove();
  });

  const context = (env: Record<string, string>): ProvisionContext => ({
    env: { PATH: process.env.PATH, ...env },
    dataFolder: folder.path,
    cacheFolder: folder.path,
    processes: createProcessTable(folder.path),
    progress: silentProgress,
  });

  it('are refused in one sentence, without the password, when nobody answers there', async () => {
    const [port = 0] = await findFreePorts(1);
    const unused = { amqp: 0, dist: 0, epmd: 0 };
    const uri = `mongodb://user:secretword@127.0.0.1:${port}/st2`;
    const url = `amqp://user:secretword@127.0.0.1:${port}`;
    const attempts = [
      provisionTemporal(context({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` }), { server: 0, ui: 0 }),
      provisionMongodb(context({ ST2_DATABASE__URI: uri }), 0),
      provisionBus(context({ ST2_MESSAGING__URL: url }), unused),
    ];
    const sentences = (await Promise.allSettled(attempts)).map((outcome) => {
      return outcome.status === 'rejected' ? String(outcome.reason.message) : 'it was accepted';
    });
    const [temporal = '', mongodb = '', bus = ''] = sentences;
    assert.match(temporal, /^Temporal at 127\.0\.0\.1:\d+ \(TEMPORAL_ADDRESS\) does not serve namespace "default"/);
    assert.match(mongodb, /^MongoDB at mongodb:\/\/\*{3}@127\.0\.0\.1:\d+\/st2 \(ST2_DATABASE__URI\) does not answer/);
    assert.match(bus, /^The bus at amqp:\/\/\*{3}@127\.0\.0\.1:\d+ \(ST2_MESSAGING__URL\) does not answer/);
    assert.doesNotMatch(sentences.join('\n'), /secretword/);
  });
});

describe('a RabbitMQ node of ours', () => {
  it('starts no port mapper where it finds none: nobody would end it', async (context) => {
    if (findRabbitmqServer(process.env) === undefined) return context.skip('rabbitmq-server is not installed');
    const folder = await temporaryFolder();
    const processes = createProcessTable(folder.path);
    try {
      const [amqp = 0, dist = 0, epmd = 0] = await findFreePorts(3);
      const part = await provisionBus(
        {
          env: process.env,
          dataFolder: folder.path,
          cacheFolder: cacheFolder(process.env),
          processes,
          progress: silentProgress,
        },
        { amqp, dist, epmd },
        'rabbitmq',
      );
      const [mapper, node] = part.processes;
      assert.equal(mapper?.name, 'epmd');
      assert.ok(node);
      await Promise.all([mapper.kill(), node.kill()]);
      assert.equal(await isPortFree(epmd), true);

      const alone = processes.start(node.spec);
      const isMapped = async () => !(await isPortFree(epmd));
      await waitFor(async () => alone.hasExited || (await isMapped()), { what: 'the end of the node' });
      assert.equal(await isMapped(), false);
    } finally {
      await processes.close();
      await folder.remove();
    }
  });
});

describe('a machine without RabbitMQ', () => {
  it('gets the built-in broker', async () => {
    const infrastructure = await provisioned({ own: true, parts: ['bus'], bus: 'local' });
    try {
      assert.match(infrastructure.env.ST2_MESSAGING__URL ?? '', /^local:\/\/127\.0\.0\.1:\d+$/);
    } finally {
      await infrastructure.stop();
    }
  });
});
