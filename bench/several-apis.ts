/** Requests to several st2api processes behind nginx, with the configuration of deploy/. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../cli/project-paths.ts';
import { findOnPath } from '../cli/provision/run-command.ts';
import { findFreePorts } from '../platform/network/ports.ts';
import type { Provisioned } from '../test/support/provisioned.ts';
import type { RunningServices } from '../test/support/running-services.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** Address of the API, without version, that leads to `count` processes; `undefined` without nginx on this machine. */
export async function startSeveralApis(
  { folder, processes }: Provisioned,
  services: RunningServices,
  count: number,
): Promise<string | undefined> {
  const command = findOnPath('nginx', process.env, ['/usr/sbin', '/usr/local/sbin']);
  if (command === undefined) return undefined;
  const [port = 0, ...others] = await findFreePorts(count);
  for (const other of others) await services.startAnother('st2api', { ST2_API__PORT: String(other) });
  const prefix = path.join(folder, 'nginx');
  await mkdir(prefix, { recursive: true });
  const file = path.join(prefix, 'nginx.conf');
  await writeFile(file, await configuration(port, [services.ports.api, ...others]));
  processes.start({
    name: 'nginx',
    command,
    args: ['-p', prefix, '-c', file, '-e', 'stderr', '-g', 'daemon off;'],
    env: process.env,
  });
  const address = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(`${address}/healthz`)).ok;
  await waitFor(() => answers().catch(() => false), { what: 'nginx to answer' });
  return `${address}/api`;
}

/** As it runs in the container, with the one API that is named there as a group of several. */
async function configuration(port: number, apis: readonly number[]): Promise<string> {
  const site = await readFile(path.join(projectRoot, 'deploy', 'nginx.conf'), 'utf8');
  const here = site.replace('listen 8080', `listen 127.0.0.1:${port}`).replace('http://st2api:9101', 'http://st2api');
  const servers = apis.map((api) => `server 127.0.0.1:${api};`).join(' ');
  return `pid nginx.pid;
events {}
http {
access_log off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
upstream st2api { ${servers} keepalive 32; }
${here}
}
`;
}
