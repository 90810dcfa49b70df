import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { it } from 'node:test';
import Fastify from 'fastify';
import { pino } from 'pino';
import { loadConfig } from '../../../platform/config/load-config.ts';
import { auditRequests } from '../../../platform/http/audit.ts';
import { waitFor } from '../../support/wait-for.ts';

const skip = existsSync('/dev/full') ? false : 'this system has no /dev/full';

it('a service whose log cannot be written goes on', { skip, timeout: 60_000 }, () => {
  const logger = new URL('../../../platform/logging/create-logger', import.meta.url).href;
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const code = `import { createLogger } from '${logger}${extension}';
    const log = createLogger('full', 'info');
    for (let i = 0; i < 100; i += 1) log.info({ i }, 'a line');
    process.stderr.write('alive');`;
  const loader = extension === '.ts' ? ['--import', 'tsx'] : [];
  const ran = spawnSync(process.execPath, [...loader, '--input-type=module', '--eval', code], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    timeout: 40_000,
  });
  assert.equal(String(ran.stderr), 'alive');
});

it('an audit log that cannot be written is told, and the request is answered', { skip }, async () => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const server = Fastify();
  const config = loadConfig({ ST2_AUDIT__FILE: '/dev/full' });
  auditRequests(server, { service: 'st2api', config, logger, actorOf: () => ({ user: 'ann' }) });
  server.post('/things', async () => ({ ok: true }));
  assert.equal((await server.inject({ method: 'POST', url: '/things', body: { name: 'x' } })).statusCode, 200);
  await waitFor(() => lines.some((line) => line.includes('audit log cannot be written')), {
    what: 'the error in the log',
  });
  assert.equal((await server.inject({ method: 'POST', url: '/things', body: { name: 'y' } })).statusCode, 200);
  await server.close();
});
