/** Sensors shared by two containers, each a process of its own, by every kind of partition; and a container for one sensor. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ManagedProcess } from '../../cli/processes/process-table.ts';
import { hashOf } from '../../reactor/sensors/partition.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

const NAMES = ['Alpha', 'Beta', 'Gamma', 'Delta'];
const refOf = (name: string) => `parttest.${name}`;

const metadata = (name: string) => `class_name: ${name}
entry_point: quiet.mjs
description: Does nothing.
poll_interval: 1
trigger_types: []
`;

const SENSORS = NAMES.map((name) => `export class ${name} {\n  poll() {}\n}\n`).join('\n');

let infrastructure: Provisioned;
let system: RunningServices;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
  const packs = path.join(infrastructure.folder, 'partition-packs');
  const sensors = path.join(packs, 'parttest', 'sensors');
  await mkdir(sensors, { recursive: true });
  await writeFile(
    path.join(packs, 'parttest', 'pack.yaml'),
    'name: parttest\ndescription: Sensors to share.\nversion: 1.0.0\nauthor: Tramontane\nemail: t@example.com\n',
  );
  for (const name of NAMES) await writeFile(path.join(sensors, `${name.toLowerCase()}.yaml`), metadata(name));
  await writeFile(path.join(sensors, 'quiet.mjs'), SENSORS);
  system = await startServices(infrastructure, { packFolders: [packs], only: ['st2api', 'st2auth'] });
});

after(async () => {
  await system?.stop();
  await infrastructure?.stop();
});

interface Spawn {
  readonly id: string;
  readonly payload: { readonly id: string; readonly pid: number };
}

const spawns = () =>
  system.request<Spawn[]>('GET', '/triggerinstances?trigger=core.st2.sensor.process_spawn&limit=500');

/** The process above a process. */
async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
}

type Settings = Readonly<Record<string, string>>;

/**
 * Starts a container with each of the settings; each is ready when its sensors run.
 * @param expected for each container the sensors that it runs, in any order
 */
async function share(containers: readonly Settings[], expected: readonly (readonly string[])[]): Promise<void> {
  const before = new Set((await spawns()).map(({ id }) => id));
  const started: ManagedProcess[] = [];
  try {
    for (const settings of containers) started.push(await system.startAnother('st2sensorcontainer', settings));
    const made = (await spawns()).filter(({ id }) => !before.has(id));
    const found = await Promise.all(
      made.map(async ({ payload }) => ({ name: payload.id, container: await parentOf(payload.pid) })),
    );
    const run = started.map(({ pid }) => found.filter(({ container }) => container === pid).map(({ name }) => name));
    assert.deepEqual(
      run.map((names) => names.sort()),
      expected.map((names) => [...names].sort()),
    );
    assert.equal(found.length, expected.flat().length, 'no sensor runs elsewhere');
  } finally {
    await Promise.all(started.map((child) => child.stop()));
  }
}

const node = (name: string, provider: string): Settings => ({
  ST2_SENSORCONTAINER__SENSOR_NODE_NAME: name,
  ST2_SENSORCONTAINER__PARTITION_PROVIDER: provider,
});

describe('sensors of two containers', () => {
  it('default: one container runs all of them', () => share([node('one', 'name:default')], [NAMES]));

  it('key-value store: each runs what the datastore gives to its node', async () => {
    const give = (name: string, sensors: readonly string[]) =>
      system.request('PUT', `/keys/${name}.sensor_partition`, {
        name: `${name}.sensor_partition`,
        value: sensors.map(refOf).join(', '),
      });
    await give('one', ['Alpha', 'Delta']);
    await give('two', ['Beta', 'Gamma']);
    const containers = [node('one', 'name:kvstore'), node('two', 'name:kvstore')];
    await share(containers, [
      ['Alpha', 'Delta'],
      ['Beta', 'Gamma'],
    ]);
  });

  it('file: each runs what the file lists for its node, none what it lists for nobody', async () => {
    const file = path.join(infrastructure.folder, 'partition.yaml');
    await writeFile(file, `one:\n  - ${refOf('Gamma')}\ntwo:\n  - ${refOf('Alpha')}\n  - ${refOf('Delta')}\n`);
    const provider = `name:file, partition_file:${file}`;
    await share([node('one', provider), node('two', provider)], [['Gamma'], ['Alpha', 'Delta']]);
  });

  it('hash: the ranges divide them', async () => {
    const ordered = [...NAMES].sort((a, b) => hashOf(refOf(a)) - hashOf(refOf(b)));
    const middle = hashOf(refOf(ordered[2] ?? ''));
    const containers = [
      node('one', `name:hash, hash_ranges:MIN..${middle}`),
      node('two', `name:hash, hash_ranges:${middle}..MAX`),
    ];
    await share(containers, [ordered.slice(0, 2), ordered.slice(2)]);
  });

  it('a container for a single sensor beside one for another', () =>
    share(
      [{ ST2_SENSORCONTAINER__SENSOR_REF: refOf('Beta') }, { ST2_SENSORCONTAINER__SENSOR_REF: refOf('Alpha') }],
      [['Beta'], ['Alpha']],
    ));
});
