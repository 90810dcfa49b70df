/** `st2ctl`: shows and steers the services that `npm start` keeps on this machine. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage, ValidationError } from '../core/errors.ts';
import { measureLag } from './measure-lag.ts';
import { services } from './services.ts';
import { askSupervisor, type ControlReply, findSupervisor } from './supervisor/control.ts';
import type { ComponentStatus } from './supervisor/supervisor.ts';

const help = `Usage: st2ctl [--data-dir DIR] status|start|stop|restart|reload [SERVICE | OPTIONS]

  status              name and process id of each service, and what waits for it
  start [SERVICE]     start it, or all
  stop [SERVICE]      stop it, or all; the infrastructure goes on
  restart [SERVICE]   stop and start it, or all
  reload [OPTIONS]    register the content of packs again:
                      --register-all (default), --register-actions, --register-aliases, --register-configs,
                      --register-policies, --register-rules, --register-runners, --register-sensors, --register-triggers,
                      --register-pack DIR, --register-fail-on-failure, --register-no-fail-on-failure, --verbose
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<number> {
  const { dataFolder, words } = readCommandLine(args);
  const [command, ...rest] = words;
  switch (command) {
    case 'status':
      return await showStatus(dataFolder);
    case 'start':
    case 'stop':
    case 'restart': {
      const [service] = rest;
      process.stdout.write(formatStatus(await componentsOf(askSupervisor(dataFolder, { action: command, service }))));
      return 0;
    }
    case 'reload': {
      const reply = await askSupervisor(dataFolder, {
        action: 'reload',
        args: rest.length > 0 ? rest : ['--register-all'],
      });
      process.stdout.write(reply.output ?? '');
      process.stdout.write(formatStatus(reply.components ?? []));
      return 0;
    }
    default:
      process.stdout.write(help);
      return command === undefined || command === 'help' ? 0 : 1;
  }
}

async function showStatus(dataFolder: string): Promise<number> {
  const components = await currentStatus(dataFolder);
  process.stdout.write(formatStatus(components));
  if (components.some(({ pid }) => pid !== undefined)) process.stdout.write(await formatLag(dataFolder, components));
  return 0;
}

/** Only our own options are read here: what follows the command is passed on. */
function readCommandLine(args: readonly string[]): { readonly dataFolder: string; readonly words: readonly string[] } {
  const at = args.findIndex((word) => word === 'status' || word === 'reload' || /^(re)?start$|^stop$/.test(word));
  const before = at === -1 ? args : args.slice(0, at);
  const options = { 'data-dir': { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...before], options, allowPositionals: true });
    const dataFolder = path.resolve(values['data-dir'] ?? process.env.ST2_DATA_DIR ?? '.tramontane');
    return { dataFolder, words: at === -1 ? positionals : args.slice(at) };
  } catch (error) {
    throw new ValidationError(errorMessage(error));
  }
}

async function currentStatus(dataFolder: string): Promise<readonly ComponentStatus[]> {
  if ((await findSupervisor(dataFolder)) !== undefined) {
    return await componentsOf(askSupervisor(dataFolder, { action: 'status' }));
  }
  return services.map(({ name }) => ({ name, pid: undefined }));
}

async function componentsOf(reply: Promise<ControlReply>): Promise<readonly ComponentStatus[]> {
  return (await reply).components ?? [];
}

/** What waits for each process, in a part of its own: programs read the lines of the status as StackStorm has them. */
async function formatLag(dataFolder: string, components: readonly ComponentStatus[]): Promise<string> {
  const pids = new Set(components.flatMap(({ pid }) => pid ?? []));
  const lines = await Promise.all(
    [...pids].map(async (pid) => {
      const { name, lag } = await measureLag(dataFolder, pid);
      return lag === '-' ? [] : [`${name} (${pid}): ${lag}`];
    }),
  );
  return `##### lag #####\n${lines.flat().join('\n') || 'nothing waits'}\n`;
}

function formatStatus(components: readonly ComponentStatus[]): string {
  const lines = components.map(({ name, pid }) =>
    pid === undefined ? `${name} is not running.` : `${name} PID: ${pid}`,
  );
  return `##### st2 components status #####\n${lines.join('\n')}\n`;
}
