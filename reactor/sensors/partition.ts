/**
 * Which sensors a container runs. Providers and their settings are StackStorm's: `name:default`, `name:kvstore`,
 * `name:file,partition_file:<path>`, `name:hash,hash_ranges:0..1024|2048..MAX`.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { KeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { ValidationError } from '../../core/errors.ts';

/** Tells of each sensor's reference whether it runs here. Asked anew at each refresh. */
export type Partition = () => Promise<(ref: string) => boolean>;

interface PartitionDeps {
  readonly node: string;
  readonly keyValues: Pick<KeyValueService, 'value'>;
}

type Options = Readonly<Record<string, string>>;

const PROVIDERS: Readonly<Record<string, (options: Options, deps: PartitionDeps) => Partition>> = {
  default: () => async () => () => true,
  kvstore:
    (_options, { node, keyValues }) =>
    async () => {
      const text = (await keyValues.value('system', `${node}.sensor_partition`, '', false)) ?? '';
      return among(text.split(','));
    },
  file: (options, { node }) => {
    const file = required(options, 'partition_file', 'file');
    return async () => {
      const content = parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>> | null;
      const refs = content?.[node];
      return among(Array.isArray(refs) ? refs.map(String) : []);
    };
  },
  hash: (options) => {
    const ranges = parseRanges(required(options, 'hash_ranges', 'hash'));
    return async () => (ref) => {
      const hash = hashOf(ref);
      return ranges.some(([start, end]) => hash >= start && hash < end);
    };
  },
};

/** @throws ValidationError for a provider that does not exist or lacks a setting */
export function createPartition(provider: string, singleSensor: string, deps: PartitionDeps): Partition {
  if (singleSensor !== '') return async () => (ref) => ref === singleSensor;
  const options: Options = Object.fromEntries(
    provider.split(',').map((part) => {
      const colon = part.indexOf(':');
      return [part.slice(0, colon).trim(), part.slice(colon + 1).trim()];
    }),
  );
  const name = (options.name ?? '').toLowerCase();
  const create = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (create === undefined) {
    const known = Object.keys(PROVIDERS).join(', ');
    throw new ValidationError(`Partition provider "${name}" is not one of ${known}.`, { provider });
  }
  return create(options, deps);
}

function among(refs: readonly string[]): (ref: string) => boolean {
  const members = new Set(refs.map((ref) => ref.trim()));
  return (ref) => members.has(ref);
}

function required(options: Options, name: string, provider: string): string {
  const value = options[name];
  if (value === undefined || value === '')
    throw new ValidationError(`Partition provider "${provider}" needs the setting ${name}.`, { provider });
  return value;
}

const MAX = 2 ** 32;

function parseRanges(text: string): readonly (readonly [number, number])[] {
  return text.split('|').map((range) => {
    const [start, end, ...rest] = range.split('..').map(parseBoundary);
    if (start === undefined || end === undefined || rest.length > 0 || start > end)
      throw new ValidationError(`"${range}" is no range of hashes, such as 0..1024 or 2048..MAX.`, { range });
    return [start, end] as const;
  });
}

function parseBoundary(text: string): number {
  const boundary = text.trim().toLowerCase();
  if (boundary === 'min') return 0;
  if (boundary === 'max') return MAX;
  if (!/^-?\d+$/.test(boundary)) throw new ValidationError(`"${text}" is no boundary of a range of hashes.`);
  return Math.min(Math.max(Number(boundary), 0), MAX);
}

/** The hash that StackStorm spreads sensors by, so that its ranges keep their meaning. */
export function hashOf(ref: string): number {
  const digits = BigInt(`0x${createHash('md5').update(ref).digest('hex')}`).toString();
  let hash = 0;
  for (const digit of [...digits].reverse()) {
    const high = hash & 0xf8000000;
    hash = ((hash << 5) ^ (high >>> 27) ^ Number(digit)) >>> 0;
  }
  return hash;
}
