import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createPartition, hashOf } from '../../../reactor/sensors/partition.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Computed with the algorithm of StackStorm in Python. */
const HASHES = [1562168054, 546828322, 1411777709];

const keyValues = {
  value: async (_scope: string, name: string) => (name === 'node1.sensor_partition' ? 'a.One, b.Two' : undefined),
};
const of = (provider: string, single = '', node = 'node1') => createPartition(provider, single, { node, keyValues });

async function members(provider: string, refs: readonly string[], single = '', node = 'node1'): Promise<string[]> {
  const isOurs = await of(provider, single, node)();
  return refs.filter(isOurs);
}

describe('partitions of sensors', () => {
  const refs = ['a.One', 'b.Two', 'c.Three'];

  it('default runs all, single-sensor mode one', async () => {
    assert.deepEqual(await members('name:default', refs), refs);
    assert.deepEqual(await members('name:default', refs, 'b.Two'), ['b.Two']);
  });

  it('kvstore runs what the node is given in the datastore', async () => {
    assert.deepEqual(await members('name:kvstore', refs), ['a.One', 'b.Two']);
    assert.deepEqual(await members('name:kvstore', refs, '', 'node2'), []);
  });

  it('file runs what the file lists for the node', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder.path, 'partition.yaml');
    await writeFile(file, 'node1:\n  - c.Three\nnode2:\n  - a.One\n');
    assert.deepEqual(await members(`name:file, partition_file:${file}`, refs), ['c.Three']);
    assert.deepEqual(await members(`name:file, partition_file:${file}`, refs, '', 'node3'), []);
    await folder.remove();
  });

  it('hash ranges divide all sensors without rest and without overlap', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `pack${index % 7}.Sensor${index}`);
    const low = await members('name:hash,hash_ranges:MIN..1500000000', many);
    const high = await members('name:hash,hash_ranges:1500000000..2000000000|2000000000..MAX', many);
    assert.deepEqual([...low, ...high].sort(), [...many].sort());
    assert.ok(low.length > 20 && high.length > 20);
  });

  it('hashes as StackStorm does', () => {
    assert.deepEqual(['linux.FileWatchSensor', 'examples.SamplePollingSensor', 'a'].map(hashOf), HASHES);
  });

  it('refuses what is no partition', () => {
    assert.throws(() => of('name:moon'), /"moon" is not one of default, kvstore, file, hash/);
    assert.throws(() => of('name:file'), /needs the setting partition_file/);
    assert.throws(() => of('name:hash,hash_ranges:5..1'), /no range of hashes/);
    assert.throws(() => of('name:hash,hash_ranges:x..1'), /no boundary/);
  });
});
