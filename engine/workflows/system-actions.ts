import type { Command, ConductorPorts } from '../conductor/contract.ts';
import { dictEntries } from '../conductor/std-actions.ts';

/** A run of an action that the conductor asked for. */
export type ActionCommand = Extract<Command, { type: 'action.run' }>;

type Input = Readonly<Record<string, unknown>>;

/** Where an action is carried out. */
type Way =
  /** Here and now; throws {@link ActionError} to fail. */
  | { readonly kind: 'inline'; run(input: Input): unknown }
  /** After so many seconds. */
  | { readonly kind: 'timer'; seconds(input: Input): number; run(input: Input): unknown }
  /** By whoever sends `completeAction`. */
  | { readonly kind: 'signal' }
  | { readonly kind: 'activity' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface SystemAction {
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly default?: unknown }[];
  readonly way: Way;
  readonly description: string;
}

/** The action has failed with this as its result. */
export class ActionError extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('The action has failed.');
    this.result = result;
  }
}

const params = (required: string, optional: Readonly<Record<string, unknown>> = {}): SystemAction['params'] => [
  ...required
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => ({ name, required: true })),
  ...Object.entries(optional).map(([name, value]) => ({ name, required: false, default: value })),
];

const http = {
  method: 'GET',
  params: null,
  body: null,
  json: null,
  headers: null,
  cookies: null,
  auth: null,
  timeout: null,
  allow_redirects: null,
  proxies: null,
  verify: null,
};

const NO_SCRIPTS = 'JavaScript in workflows is not supported: put the script into an action of a pack.';
const NO_SSH = 'SSH from the workflow engine is not supported: use core.remote.';

/** Every action that a workflow may name without StackStorm, by name. Parameters and defaults are Mistral's. */
export const systemActions: Readonly<Record<string, SystemAction>> = {
  'st2.action': {
    // `action_context` is handed over by the engine itself.
    params: params('ref', { parameters: null, st2_context: null }),
    way: { kind: 'activity' },
    description: 'Runs an action of StackStorm.',
  },
  'std.noop': { params: params(''), way: { kind: 'inline', run: () => null }, description: 'Does nothing.' },
  'std.echo': {
    params: params('output', { delay: 0 }),
    way: { kind: 'timer', seconds: (input) => toSeconds(input.delay ?? 0), run: (input) => input.output },
    description: 'Returns its input.',
  },
  'std.fail': {
    params: params('', { error_data: null }),
    way: {
      kind: 'inline',
      run: (input) => {
        throw new ActionError(isTruthy(input.error_data) ? input.error_data : 'Fail action expected exception.');
      },
    },
    description: 'Always fails.',
  },
  'std.sleep': {
    params: params('', { seconds: 1 }),
    way: { kind: 'timer', seconds: (input) => Math.floor(toSeconds(input.seconds ?? 1)), run: () => null },
    description: 'Waits.',
  },
  'std.async_noop': {
    params: params(''),
    way: { kind: 'signal' },
    description: 'Waits until it is completed from outside.',
  },
  'std.test_dict': {
    params: params('', { size: 0, key_prefix: '', val: '' }),
    way: { kind: 'inline', run: testDict },
    description: 'Returns a dictionary of the given size.',
  },
  'std.http': { params: params('url', http), way: { kind: 'activity' }, description: 'Sends an HTTP request.' },
  'std.mistral_http': {
    params: params('url', http),
    way: { kind: 'activity' },
    description: 'Sends an HTTP request and waits until it is completed from outside.',
  },
  'std.email': {
    params: params('from_addr to_addrs smtp_server', {
      reply_to: null,
      cc_addrs: null,
      bcc_addrs: null,
      smtp_password: null,
      subject: null,
      body: null,
      html_body: null,
    }),
    way: { kind: 'activity' },
    description: 'Sends an e-mail.',
  },
  'std.ssh': {
    params: params('cmd host username', {
      password: '',
      private_key_filename: null,
      private_key: null,
      return_result_on_error: false,
    }),
    way: { kind: 'refused', reason: NO_SSH },
    description: 'Runs a command over SSH (refused: use core.remote).',
  },
  'std.ssh_proxied': {
    params: params('cmd host username private_key_filename gateway_host', {
      gateway_username: null,
      password: null,
      proxy_command: null,
      private_key: null,
    }),
    way: { kind: 'refused', reason: NO_SSH },
    description: 'Runs a command over SSH through a gateway (refused: use core.remote).',
  },
  'std.javascript': {
    params: params('script', { context: null }),
    way: { kind: 'refused', reason: NO_SCRIPTS },
    description: 'Runs JavaScript (refused: use an action of a pack).',
  },
  'std.js': {
    params: params('script', { context: null }),
    way: { kind: 'refused', reason: NO_SCRIPTS },
    description: 'Runs JavaScript (refused: use an action of a pack).',
  },
};

/** The conductor's look into the table. `st2.action` takes what it does not know, as the original does. */
export const findSystemAction: ConductorPorts['findAction'] = (name) => {
  if (!Object.hasOwn(systemActions, name)) return undefined;
  const action = systemActions[name];
  return action && { params: action.params, open: name === 'st2.action' };
};

function toSeconds(value: unknown): number {
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

/** Python's truth of a JSON value. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function testDict(input: Input): Record<string, unknown> {
  const prefix = String(input.key_prefix ?? '');
  const size = dictEntries(Math.floor(toSeconds(input.size)), prefix, input.val ?? '');
  return Object.fromEntries(Array.from({ length: size }, (_, index) => [`${prefix}${index}`, input.val ?? '']));
}
