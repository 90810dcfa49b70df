/**
 * The system actions `std.*`: their parameters, and what those answer that need nothing from outside.
 * The others are run by the host (`std.http`, `std.ssh`, …) or refused by it.
 */
import { setKey } from '../../core/python/dict.ts';
import { pyTruth, pyTypeName } from '../../core/python/equality.ts';
import { pyStr } from '../../core/python/repr.ts';
import type { ActionSignature } from './contract.ts';

type Input = Readonly<Record<string, unknown>>;

/** What an action answers at once, or after some seconds; `pending` is answered by somebody else later. */
export type ActionAnswer =
  | { readonly kind: 'result'; readonly value: unknown; readonly after?: number }
  | { readonly kind: 'error'; readonly value: unknown; readonly after?: number }
  | { readonly kind: 'pending' };

interface StdAction {
  readonly signature: ActionSignature;
  /** Absent: the action reaches outside. */
  readonly answer?: (input: Input) => ActionAnswer;
}

function signature(required: readonly string[], optional: readonly string[] = []): ActionSignature {
  return {
    params: [
      ...required.map((name) => ({ name, required: true })),
      ...optional.map((name) => ({ name, required: false })),
    ],
  };
}

const HTTP = signature(
  ['url'],
  ['method', 'params', 'body', 'json', 'headers', 'cookies', 'auth', 'timeout', 'allow_redirects', 'proxies', 'verify'],
);
const SSH = ['cmd', 'host', 'username'];
const SSH_OPTIONS = ['password', 'private_key_filename', 'private_key'];
const SCRIPT = signature(['script'], ['context']);

export const STD_ACTIONS: Readonly<Record<string, StdAction>> = {
  'std.echo': {
    signature: signature(['output'], ['delay']),
    answer: (input) => ({ kind: 'result', value: input.output, after: seconds(input.delay, 0) }),
  },
  'std.noop': { signature: signature([]), answer: () => ({ kind: 'result', value: null }) },
  'std.async_noop': { signature: signature([]), answer: () => ({ kind: 'pending' }) },
  'std.fail': {
    signature: signature([], ['error_data']),
    answer: ({ error_data }) => ({
      kind: 'error',
      value: pyTruth(error_data ?? null) ? error_data : 'Fail action expected exception.',
    }),
  },
  'std.sleep': {
    signature: signature([], ['seconds']),
    answer: (input) => ({ kind: 'result', value: null, after: seconds(input.seconds, 1) }),
  },
  'std.test_dict': { signature: signature([], ['size', 'key_prefix', 'val']), answer: testDict },
  'std.http': { signature: HTTP },
  'std.mistral_http': { signature: HTTP },
  'std.email': {
    signature: signature(
      ['from_addr', 'to_addrs', 'smtp_server'],
      ['reply_to', 'cc_addrs', 'bcc_addrs', 'smtp_password', 'subject', 'body', 'html_body'],
    ),
  },
  'std.ssh': { signature: signature(SSH, SSH_OPTIONS) },
  'std.ssh_proxied': {
    signature: signature([...SSH, 'gateway_host'], [...SSH_OPTIONS, 'gateway_username', 'proxy_command']),
  },
  'std.js': { signature: SCRIPT },
  'std.javascript': { signature: SCRIPT },
};

/** Parameters of a system action; `undefined` when there is none of that name. */
export function stdActionSignature(name: string): ActionSignature | undefined {
  return Object.hasOwn(STD_ACTIONS, name) ? STD_ACTIONS[name]?.signature : undefined;
}

/** True for a system action that only a host can answer. */
export function reachesOutside(name: string): boolean {
  return Object.hasOwn(STD_ACTIONS, name) && STD_ACTIONS[name]?.answer === undefined;
}

/** The answer of a system action that needs nothing from outside; `undefined` for the others. */
export function answerStdAction(name: string, input: Input): ActionAnswer | undefined {
  return Object.hasOwn(STD_ACTIONS, name) ? STD_ACTIONS[name]?.answer?.(input) : undefined;
}

function seconds(value: unknown, otherwise: number): number {
  const number = value === undefined || value === null ? otherwise : Number(value);
  return Number.isFinite(number) && number > 0 ? number : 0;
}

/** Entries, and characters in all of them, that `std.test_dict` makes at most: more would fill the memory of a worker. */
const DICT_LIMIT = { entries: 100_000, characters: 8 * 1024 * 1024 } as const;
/** Of an index, as the end of a key. */
const INDEX_LENGTH = 6;

/** How many entries `std.test_dict` makes of those that it is asked for. */
export function dictEntries(asked: number, prefix: string, value: unknown): number {
  const length = prefix.length + INDEX_LENGTH + (JSON.stringify(value)?.length ?? 0);
  return Math.min(asked, DICT_LIMIT.entries, Math.floor(DICT_LIMIT.characters / length));
}

function testDict({ size = 0, key_prefix = '', val = '' }: Input): ActionAnswer {
  if (!Number.isInteger(size) && typeof size !== 'boolean') {
    return { kind: 'error', value: `'${pyTypeName(size)}' object cannot be interpreted as an integer` };
  }
  const value: Record<string, unknown> = {};
  const prefix = pyStr(key_prefix);
  const count = dictEntries(Number(size), prefix, val);
  for (let index = 0; index < count; index += 1) setKey(value, `${prefix}${index}`, val);
  return { kind: 'result', value };
}
