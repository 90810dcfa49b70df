import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../../../cli/project-paths.ts';
import { services as known } from '../../../cli/services.ts';
import { OPTIONS } from '../../../platform/config/options.ts';
import { type ComposeService, readComposeFile, readComposeText } from '../../support/compose-file.ts';

const passwords = {
  ST2_ADMIN_PASSWORD: 'a',
  POSTGRES_PASSWORD: 'b',
  MONGODB_PASSWORD: 'c',
  RABBITMQ_PASSWORD: 'd',
};

const file = readComposeFile(passwords);
const all = Object.entries(file.services);
const ours = all.filter(([, service]) => service.build !== undefined);

/** `dist/api/bin/st2api.js` of a service's command. */
const programOf = (service: ComposeService) => service.command?.[1] ?? '';

describe('docker-compose.yml', () => {
  it('has the infrastructure, nginx in front, and every service of ours that this version has', () => {
    const expected = ['temporal', 'temporal-ui', 'postgresql', 'mongodb', 'rabbitmq', 'nginx', 'setup'];
    assert.deepEqual(
      expected.filter((name) => !(name in file.services)),
      [],
    );
    const built = known.filter(({ entry }) => existsSync(path.join(projectRoot, `${entry}.ts`)));
    assert.deepEqual(
      built.filter(({ name }) => !(name in file.services)).map(({ name }) => name),
      [],
    );
  });

  it('starts each service of ours by the program that the table of services names', () => {
    for (const [name, service] of ours.filter(([name]) => name !== 'setup')) {
      const entry = known.find((candidate) => candidate.name === name)?.entry;
      assert.equal(programOf(service), `dist/${entry}.js`, name);
    }
  });

  it('holds no password: each one must come from .env', () => {
    for (const [name] of Object.entries(passwords)) {
      const rest = { ...passwords, [name]: '' };
      assert.throws(() => readComposeFile(rest), new RegExp(`^Error: ${name}: `));
    }
    const defaulted = [...readComposeText().matchAll(/\$\{(\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*)(?!\w|:\?|:-\})/g)];
    assert.deepEqual(
      defaulted.map(([, name]) => name),
      [],
    );
  });

  it('uses no variable that .env.example does not explain, and .env.example sets no password', () => {
    const example = readFileSync(path.join(projectRoot, '.env.example'), 'utf8');
    const used = new Set([...readComposeText().matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name));
    used.delete('TRAMONTANE_VERSION');
    assert.deepEqual(
      [...used].filter((name) => !new RegExp(`^${name}=`, 'm').test(example)),
      [],
    );
    assert.deepEqual(example.match(/^\w*PASSWORD=.+$/gm), null);
  });

  it('gives every container a health check and a restart policy, except the one that runs once', () => {
    for (const [name, service] of all.filter(([name]) => name !== 'setup')) {
      assert.ok((service.healthcheck?.test?.length ?? 0) > 0, `${name} has no health check`);
      assert.equal(service.restart, 'unless-stopped', name);
    }
  });

  it('waits only for containers that exist, and for health only where it is checked', () => {
    for (const [name, service] of all) {
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const target = file.services[needed];
        assert.ok(target, `${name} waits for ${needed}, which does not exist`);
        if (condition === 'service_healthy') assert.ok(target.healthcheck?.test, `${needed} is never healthy`);
      }
    }
  });

  it('tells services nothing that they do not read', () => {
    const read = new Set(Object.values(OPTIONS).flatMap((group) => Object.values(group).map(({ env }) => env)));
    const setupOnly = new Set(['ST2_SETUP_USER', 'ST2_SETUP_PASSWORD']);
    for (const [name, service] of ours) {
      const unknown = Object.keys(service.environment ?? {}).filter((key) => !read.has(key) && !setupOnly.has(key));
      assert.deepEqual(unknown, [], name);
    }
  });

  it('publishes ports on loopback only, and declares the volumes that it uses', () => {
    for (const [name, service] of all) {
      for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) assert.ok(existsSync(path.join(projectRoot, source)), `${source} is missing`);
        else assert.ok(source in file.volumes, `${source} is not declared`);
      }
    }
  });

  it('is proxied by nginx under the names of its services', () => {
    const nginx = readFileSync(path.join(projectRoot, 'deploy', 'nginx.conf'), 'utf8');
    const targets = [...nginx.matchAll(/http:\/\/([a-z0-9-]+):(\d+)/g)].map(([, name, port]) => [name, port]);
    assert.deepEqual(targets, [
      ['st2api', '9101'],
      ['st2auth', '9100'],
      ['st2stream', '9102'],
      ['mistral-api', '8989'],
    ]);
    assert.deepEqual(
      targets.filter(([name]) => !((name ?? '') in file.services)),
      [],
    );
  });
});
