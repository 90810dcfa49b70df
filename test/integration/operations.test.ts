import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { projectRoot } from '../../cli/project-paths.ts';
import type { ServiceName } from '../../cli/services.ts';
import { reachStatus } from '../support/executions.ts';
import { type OtlpCollector, startOtlpCollector } from '../support/otlp-collector.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { secrets, writeSecretPack } from '../support/secret-pack.ts';
import { waitFor } from '../support/wait-for.ts';

const only = [
  'st2api',
  'st2auth',
  'st2actionrunner',
  'st2scheduler',
  'st2notifier',
  'mistral-api',
  'mistral-server',
  'st2resultstracker',
] as const satisfies readonly ServiceName[];

describe('what an operator sees', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let collector: OtlpCollector;

  before(async () => {
    collector = await startOtlpCollector();
    infrastructure = await provisioned();
    const folder = await writeSecretPack(infrastructure.folder);
    services = await startServices(infrastructure, {
      only,
      packFolders: [folder],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
    });
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
    await collector?.close();
  });

  const dataFolder = () => services.env.ST2_DATA_DIR ?? '';
  /** Of each service's own listener, by the notes that are made for Prometheus. */
  const listeners = async () => {
    const folder = path.join(dataFolder(), 'operations');
    const found = await Promise.all(
      (await readdir(folder)).map(async (file) => {
        const [target] = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
        return [target.labels.service as string, `http://${target.targets[0]}`] as const;
      }),
    );
    return new Map(found);
  };
  const metricsOf = async (service: string) =>
    await (await fetch(`${(await listeners()).get(service)}/metrics`)).text();

  it('each service answers whether it lives and is ready, and is found by its note', async () => {
    const found = await listeners();
    assert.deepEqual([...found.keys()].sort(), [...only].sort());
    for (const [service, address] of found) {
      assert.equal((await fetch(`${address}/healthz`)).status, 200, service);
      const ready = await fetch(`${address}/readyz`);
      assert.equal(ready.status, 200, `${service}: ${await ready.text()}`);
    }
  });

  it('one execution is one connected trace, through all processes and Temporal', async () => {
    // With a delay, since what nothing holds back goes past the scheduler.
    const request = { action: 'testpack.wftest', delay: 100 };
    const { id } = await services.request<{ readonly id: string }>('POST', '/executions', request);
    await reachStatus(services, id, (now) => now === 'succeeded', 'succeeded');
    const involved = ['st2api', 'st2scheduler', 'st2actionrunner', 'mistral-api', 'mistral-server'];
    const trace = await waitFor(
      () => {
        const spans = collector.spans();
        const run = spans.find((span) => span.name === 'run testpack.wftest');
        const own = spans.filter(({ traceId }) => traceId === run?.traceId);
        const seen = new Set(own.map(({ service }) => service));
        const isWhole = own.some(({ name }) => name === 'run core.local') && involved.every((name) => seen.has(name));
        const ids = new Set(own.map(({ spanId }) => spanId));
        // A span is sent when it has ended, so a parent may come after its children.
        return isWhole && own.filter(({ parentSpanId }) => !ids.has(parentSpanId)).length === 1 && own;
      },
      { what: 'a whole trace with one root' },
    );
    const root = trace.find(({ parentSpanId }) => !parentSpanId);
    assert.equal(root?.name, 'POST /executions');
    assert.ok(trace.some(({ name }) => name === 'activity st2.action'));
    const logs = await Promise.all(
      ['st2scheduler', 'st2actionrunner'].map((name) =>
        readFile(services.process(name as ServiceName).logFile, 'utf8'),
      ),
    );
    for (const log of logs) {
      const lines = log.split('\n').filter((line) => line.includes(trace[0]?.traceId ?? '-'));
      assert.ok(
        lines.some((line) => JSON.parse(line).execution_id !== undefined),
        'a line with execution and trace',
      );
    }
  });

  it('metrics tell of requests, queues, starts, durations, workflow tasks and the tracker', async () => {
    const expected: Partial<Record<ServiceName, readonly RegExp[]>> = {
      st2api: [/tramontane_http_request_duration_seconds_count\{.*route="\/executions".*status="201".*\} [1-9]/],
      st2scheduler: [
        /tramontane_bus_queue_depth\{.*queue="st2.actionrunner.req".*\} \d/,
        /tramontane_executions_unfinished\{.*status="running".*\} \d/,
        /process_resident_memory_bytes/,
      ],
      st2actionrunner: [
        /tramontane_execution_schedule_to_start_seconds_count\{.*runner="local-shell-cmd".*\} [1-9]/,
        /tramontane_execution_duration_seconds_count\{.*runner="local-shell-cmd",status="succeeded".*\} [1-9]/,
      ],
      'mistral-server': [/temporal_workflow_task_execution_latency\w*_count\{.*\} [1-9]/],
      st2resultstracker: [
        /tramontane_tracker_lag_seconds\{.*\} \d/,
        /tramontane_tracker_undelivered_completions\{.*\} 0/,
      ],
    };
    for (const [service, patterns] of Object.entries(expected)) {
      // Some follow what they measure with a delay: deliveries are noted many at once.
      const fits = async () => {
        const text = await metricsOf(service);
        for (const pattern of patterns ?? []) assert.match(text, pattern, service);
        return true;
      };
      await waitFor(fits, { what: `the metrics of ${service}`, timeoutMs: 30_000 });
    }
  });

  it('the Grafana dashboard asks for nothing but what is served, by labels that are there', async () => {
    const file = path.join(projectRoot, 'deploy', 'grafana', 'tramontane.json');
    const { panels } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const served = (await Promise.all([...(await listeners()).keys()].map(metricsOf))).join('\n').split('\n');
    const types = new Set(served.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
    for (const query of queries) {
      const name = /\b(?:tramontane|temporal|process)_\w+/.exec(query)?.[0] ?? '';
      const metric = [name, name.replace(/_(?:bucket|count)$/, '')].find((known) => types.has(known));
      assert.notEqual(metric, undefined, query);
      const samples = served.filter((line) => line.startsWith(`${name}{`));
      const labels = /\bby \(([^)]*)\)/.exec(query)?.[1]?.split(', ') ?? [];
      for (const label of labels)
        assert.ok(
          samples.every((line) => line.includes(`${label}="`)),
          `${query}: ${label}`,
        );
    }
  });

  it('secrets are nowhere in the history of Temporal, and pass through workflows all the same', async () => {
    await services.request('PUT', '/keys/login', {
      name: 'login',
      value: secrets.stored,
      scope: 'st2kv.system',
      secret: true,
    });
    const execution = await services.request<{ readonly id: string }>('POST', '/executions', {
      action: 'secretpack.login',
      parameters: { password: secrets.parameter },
    });
    const ended = await waitFor(
      async () => {
        const now = await services.request<Record<string, unknown>>(
          'GET',
          `/executions/${execution.id}?show_secrets=true`,
        );
        return ['succeeded', 'failed', 'timeout', 'abandoned'].includes(String(now.status)) && now;
      },
      { what: 'the end of the workflow', timeoutMs: 60_000 },
    );
    const result = ended.result as Record<string, unknown>;
    assert.equal(ended.status, 'succeeded', JSON.stringify(result));
    assert.equal(result.seen, secrets.parameter);
    assert.equal(result.again, secrets.stored);

    const answers = await answersAbout(execution.id);
    for (const [place, answer] of Object.entries(answers)) {
      assert.ok(answer.includes('********'), `${place}: ${answer}`);
      for (const secret of Object.values(secrets)) {
        const [plain, inJson] = [secret, JSON.stringify(secret).slice(1, -1)];
        const twice = JSON.stringify(inJson).slice(1, -1);
        assert.ok(![plain, inJson, twice].some((form) => answer.includes(form)), `"${secret}" in ${place}: ${answer}`);
      }
    }

    const { text, count } = await histories(execution.id);
    assert.ok(count >= 2, 'the workflow and its inner one');
    for (const secret of Object.values(secrets)) {
      const inJson = JSON.stringify(secret).slice(1, -1);
      assert.ok(!text.includes(secret) && !text.includes(inJson), `"${secret}" is in the history`);
    }
    assert.ok(text.includes('secretpack.login'), 'what is no secret can be read');
  });

  it('the audit log says who did what, and no secret', async () => {
    const read = async () => {
      const text = await readFile(path.join(dataFolder(), 'audit', 'st2api.log'), 'utf8');
      // Behind the last line end is a line that is still being written, or nothing.
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    const entry = await waitFor(
      async () => (await read()).find(({ object }) => (object as { action?: string })?.action === 'secretpack.login'),
      { what: 'the request in the audit log' },
    );
    assert.equal(entry.user, services.user.name);
    assert.equal(entry.method, 'POST');
    assert.equal(entry.status, 201);
    assert.ok(entry.credential !== null && entry.address !== undefined);
    assert.ok(!JSON.stringify(await read()).includes('pa55'));
    const logins = await readFile(path.join(dataFolder(), 'audit', 'st2auth.log'), 'utf8');
    assert.ok(logins.includes(`"user":"${services.user.name}"`));
  });

  it('several requests in one are answered and noted one by one, and the same key makes one execution', async () => {
    const items = [
      { key: 'bulk/1', request: { action: 'core.noop' } },
      { key: 'bulk/1', request: { action: 'core.noop' } },
      { key: 'bulk/2', request: { action: 'core.nothing' } },
    ];
    const told = await services.request<readonly { readonly status: number; readonly body: { readonly id: string } }[]>(
      'POST',
      '/executions/bulk',
      items,
    );
    assert.deepEqual(
      told.map(({ status }) => status),
      [201, 201, 400],
    );
    assert.equal(told[0]?.body.id, told[1]?.body.id);
    const noted = await waitFor(
      async () => {
        const text = await readFile(path.join(dataFolder(), 'audit', 'st2api.log'), 'utf8');
        const lines = text.split('\n').filter((line) => line.includes('/executions/bulk'));
        return lines.length < items.length ? undefined : lines.map((line) => JSON.parse(line));
      },
      { what: 'the requests in the audit log' },
    );
    assert.deepEqual(
      noted.map(({ object, status }) => [object.action, status]),
      [
        ['core.noop', 201],
        ['core.noop', 201],
        ['core.nothing', 400],
      ],
    );
  });

  /** What clients are shown of a workflow and of what it runs, wherever they can ask for it. */
  async function answersAbout(id: string): Promise<Readonly<Record<string, string>>> {
    const headers = { 'x-auth-token': await services.token() };
    const read = async (url: string) => await (await fetch(url, { headers })).text();
    const children = await services.request<{ readonly id: string; readonly action: { readonly ref: string } }[]>(
      'GET',
      `/executions/${id}/children?depth=-1`,
    );
    const told = children.filter(({ action }) => action.ref === 'secretpack.tell');
    const instances = await waitFor(
      async () => {
        const found = await services.request<{ readonly payload: { readonly execution_id: string } }[]>(
          'GET',
          '/triggerinstances?trigger=core.st2.generic.actiontrigger&limit=50',
        );
        const ours = found.filter(({ payload }) => told.some((child) => child.id === payload.execution_id));
        return ours.length === told.length && ours;
      },
      { what: 'the trigger instances of the ends of the actions' },
    );
    const { context } = await services.request<{
      readonly context: { readonly mistral: { readonly execution_id: string } };
    }>('GET', `/executions/${id}`);
    const { mistralUrl } = services;
    const inMistral = context.mistral.execution_id;
    return {
      execution: JSON.stringify(await services.request('GET', `/executions/${id}`)),
      children: JSON.stringify(children),
      output: (
        await Promise.all(told.map((child) => read(`${services.apiUrl}/v1/executions/${child.id}/output`)))
      ).join(),
      'trigger instances': JSON.stringify(instances),
      'execution in Mistral': await read(`${mistralUrl}/executions/${inMistral}`),
      'only its output': await read(`${mistralUrl}/executions/${inMistral}?fields=output`),
      'executions in Mistral': await read(`${mistralUrl}/executions?include_output=true`),
      'tasks in Mistral': await read(`${mistralUrl}/executions/${inMistral}/tasks`),
      'action executions in Mistral': await read(`${mistralUrl}/action_executions?include_output=true`),
    };
  }

  /** All that Temporal keeps of a workflow and of those that its actions started, with payloads as they are stored. */
  async function histories(id: string): Promise<{ readonly text: string; readonly count: number }> {
    const connection = await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS });
    try {
      const client = new Client({ connection, namespace: infrastructure.env.TEMPORAL_NAMESPACE });
      const children = await services.request<{ readonly id: string }[]>('GET', `/executions/${id}/children?depth=-1`);
      const ids = [id, ...children.map((child) => child.id)];
      let text = '';
      let count = 0;
      for (const own of ids) {
        const name = own === id ? 'login' : 'inner';
        try {
          const history = await client.workflow.getHandle(`secretpack.${name}/${own}`).fetchHistory();
          count += 1;
          text += JSON.stringify(history, (_key, value) =>
            value?.type === 'Buffer' ? Buffer.from(value.data).toString('utf8') : value,
          );
          text += JSON.stringify(history).replace(/"([A-Za-z0-9+/]{8,}={0,2})"/g, (_, data: string) =>
            Buffer.from(data, 'base64').toString(),
          );
        } catch {
          // an action, not a workflow
        }
      }
      return { text, count };
    } finally {
      await connection.close();
    }
  }
});
