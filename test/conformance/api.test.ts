/** Replays recorded sessions of a StackStorm against our services; the mark is the share of steps answered alike. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { findProgram } from '../../cli/project-paths.ts';
import { findPython } from '../../cli/provision/python.ts';
import { services as known, type ServiceName } from '../../cli/services.ts';
import { hashPassword } from '../../cli/start/secrets.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { recordings } from '../support/recordings.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

const folder = path.join(recordings, 'api');
const skip = existsSync(folder) ? false : `There are no recorded sessions in ${folder}.`;

/** Orquesta, the language of these sessions, is not there yet. */
const NOT_COUNTED = /^(workflows-|inquiries-workflow)/;
const MARK = 0.97;
const TIMEOUT_MS = 600_000;

const NEEDED: readonly ServiceName[] = [
  'st2api',
  'st2auth',
  'st2scheduler',
  'st2actionrunner',
  'st2notifier',
  'st2rulesengine',
];
const users = { st2admin: 'first-password', testu: 'second-password' };

let infrastructure: Provisioned;
let services: RunningServices;

before(async () => {
  if (skip !== false) return;
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  const htpasswd = path.join(infrastructure.folder, 'htpasswd');
  const lines = await Promise.all(
    Object.entries(users).map(async ([name, password]) => `${name}:${await hashPassword(password)}\n`),
  );
  await writeFile(htpasswd, lines.join(''));
  const isBuilt = (name: ServiceName) => {
    const entry = known.find((service) => service.name === name)?.entry;
    return entry !== undefined && findProgram(entry) !== undefined;
  };
  services = await startServices(infrastructure, {
    only: NEEDED.filter(isBuilt),
    packFolders: [path.join(folder, 'packs')],
    env: { ST2_AUTH__HTPASSWD_FILE: htpasswd },
  });
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

test('recorded sessions are answered alike', { skip, timeout: TIMEOUT_MS }, async (context) => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl') && !NOT_COUNTED.test(name)).sort();
  const args = [
    path.join(folder, 'replay.py'),
    services.apiUrl,
    services.authUrl,
    ...names.map((name) => path.join(folder, name)),
    '--user',
    `st2admin:${users.st2admin}`,
    '--user2',
    `testu:${users.testu}`,
  ];
  const { stdout } = await promisify(execFile)(findPython(process.env), args, { maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { readonly stdout?: string; readonly code?: unknown }) => {
      // The exit status is 1 when a step differs; how many may is decided below.
      if (error.stdout === undefined || error.code !== 1) throw error;
      return { stdout: error.stdout };
    },
  );
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
  const share = Number(passed) / (Number(passed) + Number(failed));
  context.diagnostic(`${passed} of ${Number(passed) + Number(failed)} steps (${(share * 100).toFixed(1)} %)`);
  assert.ok(share >= MARK, stdout);
});
