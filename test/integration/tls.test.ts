import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { provisionBus } from '../../cli/provision/bus.ts';
import { provisionMongodb } from '../../cli/provision/mongodb.ts';
import { silentProgress } from '../../cli/provision/progress.ts';
import { provisionTemporal } from '../../cli/provision/temporal.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { writeApiPack } from '../support/api-pack.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { runToEnd } from '../support/executions.ts';
import { failedStart } from '../support/failed-start.ts';
import { requestHttps } from '../support/https-request.ts';
import { startPlainServer } from '../support/plain-server.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';
import { type LinkName, linkNames, linkSettings, links, linksWithTls } from '../support/tls-links.ts';
import { startTlsProxy, type TlsProxy, type TlsProxyOptions } from '../support/tls-proxy.ts';

const authority = createAuthority();
const stranger = createAuthority('Another authority');
const certificates = {
  server: authority.issue(),
  client: authority.issue({ names: ['st2.example'] }),
  expired: authority.issue({ until: new Date(Date.now() - 60_000) }),
  elsewhere: authority.issue({ names: ['database.example'] }),
  stranger: stranger.issue(),
} as const satisfies Record<string, Certificate>;

let infrastructure: Provisioned;
const file = (name: string) => path.join(infrastructure.folder, name);
const proxies: TlsProxy[] = [];

async function proxyTo(target: number, options: TlsProxyOptions): Promise<TlsProxy> {
  const proxy = await startTlsProxy(target, options);
  proxies.push(proxy);
  return proxy;
}

before(async () => {
  infrastructure = await provisioned();
  await writeFile(file('ca.pem'), authority.cert);
  await writeFile(file('stranger-ca.pem'), stranger.cert);
  for (const [name, { cert, key }] of Object.entries(certificates)) {
    await writeFile(file(`${name}.pem`), cert);
    await writeFile(file(`${name}.key`), key);
  }
});
after(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await infrastructure?.stop();
});

describe('TLS on every link', () => {
  let services: RunningServices;
  const used = {} as Record<LinkName, TlsProxy>;

  before(async () => {
    const env: Record<string, string> = {};
    for (const name of linksWithTls(infrastructure)) {
      used[name] = await proxyTo(links[name].port(infrastructure.env), {
        certificate: certificates.server,
        clientAuthority: authority.cert,
      });
      const host = name === 'broker' ? 'localhost' : '127.0.0.1';
      Object.assign(
        env,
        linkSettings(infrastructure, name, `${host}:${used[name].port}`, { ca: true, client: 'client' }),
      );
    }
    services = await startServices(infrastructure, {
      only: [...workflowServices, 'st2stream'],
      authority: authority.cert,
      packFolders: [await writeApiPack(file('packs'))],
      env: {
        ...env,
        ST2_LISTENERS__TLS_CERT_FILE: file('server.pem'),
        ST2_LISTENERS__TLS_KEY_FILE: file('server.key'),
        NODE_EXTRA_CA_CERTS: file('ca.pem'),
        ST2_CACERT: file('ca.pem'),
      },
    });
  });
  after(async () => {
    await services?.stop();
  });

  it('a workflow runs through all services, each connection with a certificate of ours', async () => {
    const execution = await runToEnd(services, 'testpack.wftest');
    assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result));
    for (const [name, proxy] of Object.entries(used)) assert.ok(proxy.connections() > 0, name);
  });

  it('a Python action uses the API from inside: client, datastore and service', async () => {
    const execution = await runToEnd(services, 'api_inside.api');
    assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result));
    assert.deepEqual(execution.result.result, { packs: true, value: 'kept', by_client: 'kept' });
  });

  it('the real clients work with the authority, and refuse another one', async () => {
    const clients = await realClients(services, file('client-home'));
    const ca = file('ca.pem');
    const run = await clients.st2(['--cacert', ca, 'run', 'testpack.wftest']);
    assert.ok(run.ok, run.output);
    assert.match(run.output, /status: succeeded/);
    // The client sees what comes after it has subscribed.
    const cmd = 'for turn in $(seq 15); do echo tailed; sleep 0.2; done';
    const followed = await clients.st2(['--cacert', ca, 'run', 'core.local', `cmd=${cmd}`, '--tail']);
    assert.ok(followed.ok, followed.output);
    assert.match(followed.output, /tailed[\s\S]*has completed/);
    const login = ['login', services.user.name, '--password', services.user.password];
    const loggedIn = await clients.st2(login, { ST2_CACERT: ca, ST2_AUTH_TOKEN: '' });
    assert.ok(loggedIn.ok, loggedIn.output);
    // Without an authority the real client checks no certificate at all.
    const refused = await clients.st2(['--cacert', file('stranger-ca.pem'), 'action', 'list']);
    assert.ok(!refused.ok);
    assert.match(refused.output, /CERTIFICATE_VERIFY_FAILED|certificate verify failed/);

    const shown = await clients.mistral(['workflow-get-definition', 'testpack.wftest'], { OS_CACERT: ca });
    assert.ok(shown.ok, shown.output);
    assert.match(shown.output, /ref: core\.local/);
  });
});

// At once: most of it is waiting for drivers to give up.
describe('a link that fails by TLS', { concurrency: true }, () => {
  const cases = [
    {
      what: 'the authority is not given',
      proxy: { certificate: certificates.server },
      own: {},
      says: ([ca]: readonly string[]) =>
        `its certificate is not signed by an authority that is trusted here. Set ${ca} to the file of its authority.`,
    },
    {
      what: 'its certificate is of another authority',
      proxy: { certificate: certificates.stranger },
      own: { ca: true },
      says: ([ca]: readonly string[]) =>
        `its certificate is not signed by an authority that is trusted here. Set ${ca} to the file of its authority.`,
    },
    {
      what: 'its certificate has expired',
      proxy: { certificate: certificates.expired },
      own: { ca: true },
      says: () => 'its certificate has expired. Give the server a new one.',
    },
    {
      what: 'its certificate is for another host',
      proxy: { certificate: certificates.elsewhere },
      own: { ca: true },
      says: () =>
        /^its certificate is for DNS:database\.example, not for 127\.0\.0\.1\. Use a name of the certificate in /,
    },
    {
      what: 'it asks for a certificate and we show none',
      proxy: { certificate: certificates.server, clientAuthority: authority.cert },
      own: { ca: true },
      says: ([, cert, key]: readonly string[]) => `it asks for a certificate of ours. Set ${cert} and ${key}.`,
    },
    {
      what: 'it speaks no TLS',
      proxy: undefined,
      own: { ca: true },
      says: () => /^it does not speak TLS\. (Take TLS out of|Write amqp:\/\/ in) /,
    },
  ] as const;

  it('is told in a sentence with what to do next, and no password', async () => {
    const plain = await startPlainServer();
    const attempts = linkNames.flatMap((name) =>
      cases.map(async ({ what, proxy, own, says }) => {
        const port = proxy === undefined ? plain.port : (await proxyTo(plain.port, proxy)).port;
        const config = loadConfig(linkSettings(infrastructure, name, `user:secretword@127.0.0.1:${port}`, own));
        const message = await links[name].connect(config).then(
          () => assert.fail(`${name}: ${what}, and it connects`),
          (error: Error) => error.message,
        );
        const { subject, names } = links[name];
        assert.match(message, subject, what);
        const told = message.replace(subject, '');
        const expected = says(names);
        if (typeof expected === 'string') assert.equal(told, expected, `${name}: ${what}`);
        else assert.match(told, expected, `${name}: ${what}`);
        assert.doesNotMatch(message, /secretword/);
      }),
    );
    await Promise.all(attempts).finally(() => plain.close());
  });

  it('is told too where TLS is wanted and not asked for, and where the server drops our certificate', async () => {
    const plain = await startPlainServer();
    try {
      const open = await proxyTo(plain.port, { certificate: certificates.server });
      const strict = await proxyTo(plain.port, { certificate: certificates.server, clientAuthority: authority.cert });
      const unset = {
        ST2_DATABASE__URI: `mongodb://127.0.0.1:${open.port}/st2`,
        ST2_MESSAGING__URL: `amqp://127.0.0.1:${open.port}`,
        TEMPORAL_ADDRESS: `127.0.0.1:${open.port}`,
      };
      for (const name of linkNames) {
        const fault = await links[name].explain(loadConfig(unset));
        assert.match(
          fault?.text ?? '',
          /^it speaks TLS\. (Set ST2_DATABASE__TLS=true|Write amqps:\/\/ in ST2_MESSAGING__URL|Set TEMPORAL_TLS=true)\.$/,
        );
        const settings = linkSettings(infrastructure, name, `127.0.0.1:${strict.port}`, {
          ca: true,
          client: 'stranger',
        });
        const dropped = await links[name].explain(loadConfig(settings));
        assert.match(dropped?.text ?? '', /^it (closes the connection|refuses the certificate)/);
        assert.ok(dropped?.text.includes(links[name].names[1]), dropped?.text);
      }
    } finally {
      plain.close();
    }
  });

  it('takes the name that is set for it in place of the host', async () => {
    const port = links.temporal.port(infrastructure.env);
    const proxy = await proxyTo(port, { certificate: certificates.elsewhere });
    const env = linkSettings(infrastructure, 'temporal', `127.0.0.1:${proxy.port}`, { ca: true });
    await links.temporal.connect(loadConfig({ ...env, TEMPORAL_TLS_SERVER_NAME: 'database.example' }));
  });

  it('ends a service with that sentence and code 1', async () => {
    const starts = [
      ['database', 'st2auth', /^st2auth: The database at .* Set ST2_DATABASE__TLS_CA_FILE/],
      ['broker', 'st2scheduler', /^st2scheduler: The message broker at .* Set ST2_MESSAGING__TLS_CA_FILE/],
      ['temporal', 'mistral-server', /^mistral-server: Temporal at .* Set TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
    ] as const;
    const plain = await startPlainServer();
    const { port } = await proxyTo(plain.port, { certificate: certificates.server });
    const ends = starts.map(async ([name, service, says]) => {
      const { code, output, sentence } = await failedStart(
        infrastructure,
        service,
        linkSettings(infrastructure, name, `user:secretword@127.0.0.1:${port}`, {}),
      );
      assert.equal(code, 1, output);
      assert.match(sentence, says);
      assert.doesNotMatch(output, /secretword/);
    });
    await Promise.all(ends).finally(() => plain.close());
  });

  it('is told by npm start as well, which takes what is given with the same settings', async () => {
    const context = (env: Readonly<Record<string, string>>) => ({
      env,
      dataFolder: infrastructure.folder,
      cacheFolder: infrastructure.folder,
      processes: infrastructure.processes,
      progress: silentProgress,
    });
    const ports = { amqp: 0, dist: 0, epmd: 0 };
    const provision = {
      database: (env: Readonly<Record<string, string>>) => provisionMongodb(context(env), 0),
      broker: (env: Readonly<Record<string, string>>) => provisionBus(context(env), ports),
      temporal: (env: Readonly<Record<string, string>>) => provisionTemporal(context(env), { server: 0, ui: 0 }),
    } as const;
    await Promise.all(
      linksWithTls(infrastructure).map(async (name) => {
        const proxy = await proxyTo(links[name].port(infrastructure.env), {
          certificate: certificates.server,
          clientAuthority: authority.cert,
        });
        const end = `127.0.0.1:${proxy.port}`;
        const part = await provision[name](linkSettings(infrastructure, name, end, { ca: true, client: 'client' }));
        assert.deepEqual(part.processes, []);
        await assert.rejects(
          provision[name](linkSettings(infrastructure, name, end, { ca: true })),
          /it asks for a certificate of ours\. Set /,
        );
      }),
    );
  });
});

describe('listeners with a certificate', () => {
  it('end with code 1 and say which file is wrong, as do those of further authorities, which Node would pass over', async () => {
    const [pair, authorities] = await Promise.all([
      failedStart(infrastructure, 'st2auth', {
        ST2_LISTENERS__TLS_CERT_FILE: file('server.pem'),
        ST2_LISTENERS__TLS_KEY_FILE: file('client.key'),
      }),
      failedStart(infrastructure, 'st2stream', { NODE_EXTRA_CA_CERTS: file('none.pem') }),
    ]);
    assert.deepEqual([pair.code, authorities.code], [1, 1]);
    assert.match(pair.sentence, /^st2auth: The key .*client\.key does not belong to the certificate .*server\.pem\.$/);
    assert.match(authorities.sentence, /^st2stream: The file .*none\.pem cannot be read: ENOENT/);
  });

  it('ask clients for a certificate where an authority for them is set', async () => {
    const env = {
      ST2_LISTENERS__TLS_CERT_FILE: file('server.pem'),
      ST2_LISTENERS__TLS_KEY_FILE: file('server.key'),
      ST2_LISTENERS__TLS_CA_FILE: file('ca.pem'),
    };
    const services = await startServices(infrastructure, { only: ['st2auth'], registerPacks: false, env });
    try {
      const url = `https://127.0.0.1:${services.ports.auth}/healthz`;
      const ca = authority.cert;
      assert.equal((await requestHttps('GET', url, { ca, ...certificates.client })).status, 200);
      await assert.rejects(requestHttps('GET', url, { ca }));
      await assert.rejects(requestHttps('GET', url, { ca, ...certificates.stranger }));
    } finally {
      await services.stop();
    }
    const { code, sentence } = await failedStart(infrastructure, 'mistral-server', env);
    assert.equal(code, 1);
    assert.match(sentence, /Our listeners ask for a certificate .*, and services show none: set ST2_API__URL and /);
  });
});
