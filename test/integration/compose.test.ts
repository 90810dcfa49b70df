import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ManagedProcess } from '../../cli/processes/process-table.ts';
import { findProgram, projectRoot } from '../../cli/project-paths.ts';
import { findRabbitmqServer } from '../../cli/provision/rabbitmq.ts';
import { findFreePorts } from '../../platform/network/ports.ts';
import { type ComposeService, readComposeFile } from '../support/compose-file.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

const adminPassword = 'compose-admin-password';

/** No Docker engine is needed: the containers' programs run as processes, told what the compose file tells them. */
describe('the services of docker-compose.yml as separate processes', () => {
  let infrastructure: Provisioned;
  const running = new Map<string, ManagedProcess>();
  const addresses = new Map<string, string>();
  /** Ports of the listeners for operators: containers have addresses of their own, processes here do not. */
  const operations = new Map<string, number>();

  /** The environment of a container with its addresses replaced by those of the processes here. */
  const environmentOf = (name: string, service: ComposeService): Record<string, string> => {
    const entries = Object.entries(service.environment ?? {}).map(([name, value]) => {
      const replaced = [...addresses].reduce((text, [there, here]) => text.replaceAll(there, here), String(value));
      return [name, replaced] as const;
    });
    const translated = Object.fromEntries(entries);
    for (const [name, option] of [
      ['ST2_AUTH__PORT', 'st2auth:9100'],
      ['ST2_API__PORT', 'st2api:9101'],
      ['ST2_STREAM__PORT', 'st2stream:9102'],
      ['MISTRAL_API__PORT', 'mistral-api:8989'],
    ] as const) {
      translated[name] = addresses.get(option)?.split(':')[1] ?? '';
    }
    translated.ST2_OPERATIONS__PORT = String(operations.get(name) ?? 0);
    // Credentials and database names belong to the infrastructure here.
    return { ...translated, ...infrastructure.env, PATH: process.env.PATH ?? '', HOME: infrastructure.folder };
  };

  const start = (name: string, service: ComposeService): ManagedProcess => {
    const [command, file = ''] = service.command ?? [];
    assert.equal(command, 'node');
    const program = findProgram(file.replace(/^dist\//, '').replace(/\.js$/, ''));
    if (program === undefined) return assert.fail(`${name} has no program ${file}`);
    // No IPC and no supervisor: a container has neither.
    const spec = { name, command: program.command, args: program.args, env: environmentOf(name, service) };
    return infrastructure.processes.start(spec);
  };

  before(async () => {
    const bus = findRabbitmqServer(process.env) === undefined ? 'local' : 'rabbitmq';
    infrastructure = await provisioned({ own: true, bus });
    const [auth = 0, api = 0, stream = 0, mistral = 0] = await findFreePorts(4);
    addresses.set('st2auth:9100', `127.0.0.1:${auth}`);
    addresses.set('st2api:9101', `127.0.0.1:${api}`);
    addresses.set('st2stream:9102', `127.0.0.1:${stream}`);
    addresses.set('mistral-api:8989', `127.0.0.1:${mistral}`);
    addresses.set('/var/lib/tramontane', path.join(infrastructure.folder, 'st2-data'));
    addresses.set('/opt/tramontane', projectRoot);
    addresses.set('0.0.0.0', '127.0.0.1');

    const { services } = readComposeFile({
      ST2_ADMIN_PASSWORD: adminPassword,
      POSTGRES_PASSWORD: 'p',
      MONGODB_PASSWORD: 'm',
      RABBITMQ_PASSWORD: 'r',
    });
    const ours = Object.entries(services).filter(([, service]) => service.build !== undefined);
    const setup = ours.find(([name]) => name === 'setup')?.[1] ?? assert.fail('there is no setup');
    const done = start('setup', setup);
    assert.equal((await done.exited).code, 0, `setup failed, see ${done.logFile}`);
    const long = ours.filter(([name]) => name !== 'setup');
    const ports = await findFreePorts(long.length);
    for (const [index, [name, service]] of long.entries()) {
      operations.set(name, ports[index] ?? 0);
      running.set(name, start(name, service));
    }
  });
  after(async () => {
    await Promise.all([...running.values()].map((child) => child.stop(8_000)));
    await infrastructure?.stop();
  });

  const url = (container: string) => `http://${addresses.get(container)}`;

  it('become healthy by the health checks of their containers', async () => {
    const { services } = readComposeFile({
      ST2_ADMIN_PASSWORD: 'a',
      POSTGRES_PASSWORD: 'p',
      MONGODB_PASSWORD: 'm',
      RABBITMQ_PASSWORD: 'r',
    });
    await Promise.all(
      [...running].map(async ([name]) => {
        const service = services[name] ?? assert.fail(name);
        const check = () => isHealthy(name, service);
        await waitFor(check, { what: `${name} to be healthy`, intervalMs: 500 });
        assert.equal(running.get(name)?.hasExited, false, `${name} has ended, see ${running.get(name)?.logFile}`);
      }),
    );
  });

  it('run a workflow asked for with a token of the user that setup created', async () => {
    const authorization = `Basic ${Buffer.from(`st2admin:${adminPassword}`).toString('base64')}`;
    const login = async () => {
      const response = await fetch(`${url('st2auth:9100')}/tokens`, { method: 'POST', headers: { authorization } });
      return response.status === 201 ? ((await response.json()) as { readonly token: string }).token : undefined;
    };
    const token = await waitFor(login, { what: 'a token' });
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
    const body = JSON.stringify({ action: 'testpack.wftest' });
    const executions = `${url('st2api:9101')}/v1/executions`;
    const created = await fetch(executions, { method: 'POST', headers, body });
    assert.equal(created.status, 201, await created.clone().text());
    const { id } = (await created.json()) as { readonly id: string };
    const finish = async () => {
      const execution = (await (await fetch(`${executions}/${id}`, { headers })).json()) as { readonly status: string };
      return ['succeeded', 'failed', 'timeout', 'canceled', 'abandoned'].includes(execution.status) && execution.status;
    };
    assert.equal(await waitFor(finish, { what: 'the end of the workflow' }), 'succeeded');
  });

  it('end on SIGTERM, as docker stop sends it, within the time that the compose file gives', async () => {
    await Promise.all([...running.values()].map((child) => child.stop(15_000)));
    for (const [name, child] of running) assert.equal((await child.exited).signal, null, `${name} had to be killed`);
  });

  /** Runs the container's own check with the addresses of this machine. */
  async function isHealthy(name: string, service: ComposeService): Promise<boolean> {
    const [, , file = '', ...urls] = service.healthcheck?.test ?? [];
    const program = findProgram(file.replace(/^dist\//, '').replace(/\.js$/, ''));
    if (program === undefined) return assert.fail(`${name}: no ${file}`);
    const here = urls.map((address) => address.replace(':9464', `:${operations.get(name)}`));
    const child = spawn(program.command, [...program.args, ...here], {
      env: environmentOf(name, service),
      stdio: 'ignore',
    });
    return await new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
  }
});
