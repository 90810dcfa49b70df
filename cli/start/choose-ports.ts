import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import { findFreePorts, isPortFree } from '../../platform/network/ports.ts';
import { defaultPorts, type PortName, type StartOptions } from './options.ts';

/** Ports that no one listens on because their part is elsewhere, by the variable that says so. */
const givenElsewhere: readonly (readonly [string, readonly PortName[]])[] = [
  ['TEMPORAL_ADDRESS', ['temporal', 'temporal-ui']],
  ['ST2_DATABASE__URI', ['mongodb']],
  ['ST2_DATABASE__HOST', ['mongodb']],
  ['ST2_MESSAGING__URL', ['bus', 'bus-dist', 'bus-mapper']],
];

/**
 * Settles all ports: those asked for must be free; for the others a free one is taken, the same as the last time if possible,
 * so that what points to it from outside keeps working.
 *
 * @throws ValidationError naming the port that is in use and the option that changes it
 */
export async function choosePorts(
  options: Pick<StartOptions, 'ports' | 'dataFolder'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<PortName, number>>> {
  const unused = new Set(givenElsewhere.filter(([variable]) => env[variable]).flatMap(([, names]) => names));
  const file = path.join(options.dataFolder, 'ports.json');
  const last = await readLast(file);
  const fresh = [...(await findFreePorts(Object.keys(defaultPorts).length))];
  const chosen: Partial<Record<PortName, number>> = {};
  for (const [name, wanted] of Object.entries(options.ports) as [PortName, number][]) {
    if (unused.has(name)) chosen[name] = wanted;
    else if (wanted !== 0) chosen[name] = await requireFree(name, wanted);
    else chosen[name] = await keepOrTake(last[name], fresh);
  }
  const ports = chosen as Record<PortName, number>;
  await writeFile(file, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}

async function requireFree(name: PortName, port: number): Promise<number> {
  if (await isPortFree(port)) return port;
  throw new ValidationError(
    `Port ${port} is in use: end what listens there, or choose another with --port-${name} N (or --ports-from N for all).`,
  );
}

async function keepOrTake(last: number | undefined, fresh: number[]): Promise<number> {
  if (last !== undefined && (await isPortFree(last))) return last;
  const taken = fresh.pop();
  if (taken === undefined) throw new Error('more ports asked for than were found');
  return taken;
}

async function readLast(file: string): Promise<Partial<Record<PortName, number>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<Record<PortName, number>>;
  } catch {
    return {}; // the first start, or a file broken by a crash: any free port will do
  }
}
