import path from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import type { User } from './secrets.ts';

/** The ports of everything that listens, in the order in which `--ports-from` hands them out. 0: any free port. */
export const defaultPorts = {
  auth: 9100,
  api: 9101,
  stream: 9102,
  mistral: 8989,
  temporal: 7233,
  'temporal-ui': 8233,
  mongodb: 0,
  bus: 0,
  'bus-dist': 0,
  'bus-mapper': 0,
} as const satisfies Record<string, number>;

/** Name of a port, as in `--port-NAME`. */
export type PortName = keyof typeof defaultPorts;

/** What `npm start` was asked for. */
export interface StartOptions {
  /** Absolute. */
  readonly dataFolder: string;
  readonly packFolders: readonly string[];
  readonly users: readonly User[];
  readonly workers: number | undefined;
  readonly sample: boolean;
  /** Each service in a process of its own. */
  readonly separate: boolean;
  readonly detach: boolean;
  readonly stop: boolean;
  readonly ports: Readonly<Record<PortName, number>>;
}

const portNames = Object.keys(defaultPorts) as readonly PortName[];
const portOptions = Object.fromEntries(portNames.map((name) => [`port-${name}`, { type: 'string' as const }]));

/**
 * Reads the command line of `npm start`.
 *
 * @param folder what relative paths start from
 * @throws ValidationError with one sentence that names the option
 */
export function parseStartOptions(args: readonly string[], folder: string): StartOptions {
  const values = parse(args);
  const text = (name: string) => values[name] as string | undefined;
  const list = (name: string) => (values[name] ?? []) as readonly string[];
  const workers = text('workers');
  return {
    dataFolder: path.resolve(folder, text('data-dir') ?? '.tramontane'),
    packFolders: list('packs').map((name) => path.resolve(folder, name)),
    users: list('user').map(parseUser),
    workers: workers === undefined ? undefined : parseWhole('workers', workers, 1, 256),
    sample: values['no-sample'] !== true,
    separate: values.separate === true,
    detach: values.detach === true,
    stop: values.stop === true,
    ports: parsePorts(text),
  };
}

function parse(args: readonly string[]): Readonly<Record<string, unknown>> {
  try {
    const options = {
      'data-dir': { type: 'string' },
      packs: { type: 'string', multiple: true },
      user: { type: 'string', multiple: true },
      workers: { type: 'string' },
      'no-sample': { type: 'boolean' },
      separate: { type: 'boolean' },
      detach: { type: 'boolean' },
      stop: { type: 'boolean' },
      'ports-from': { type: 'string' },
      ...portOptions,
    } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const sentence = errorMessage(error).split('. ')[0] ?? '';
    throw new ValidationError(`${sentence.replace(/\.$/, '')}; npm start -- --help lists the options.`);
  }
}

function parsePorts(text: (name: string) => string | undefined): Record<PortName, number> {
  const from = text('ports-from');
  const first = from === undefined ? undefined : parseWhole('ports-from', from, 1, 65_535 - portNames.length);
  const entries = portNames.map((name, index) => {
    const given = text(`port-${name}`);
    if (given !== undefined) return [name, parseWhole(`port-${name}`, given, 1, 65_535)] as const;
    return [name, first === undefined ? defaultPorts[name] : first + index] as const;
  });
  return Object.fromEntries(entries) as Record<PortName, number>;
}

function parseWhole(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw new ValidationError(`--${option} must be a whole number from ${least} to ${most}, not "${value}".`);
}

function parseUser(text: string): User {
  const at = text.indexOf(':');
  const name = text.slice(0, Math.max(at, 0));
  const password = text.slice(at + 1);
  // The password is a secret: the message must not repeat it.
  if (!/^[\w.@+-]+$/.test(name) || password === '') throw new ValidationError('--user must be NAME:PASSWORD.');
  return { name, password };
}
