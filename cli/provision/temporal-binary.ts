import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import { projectRoot } from '../project-paths.ts';
import { makeOnce } from './cache.ts';
import { firstWay, isReachable, type ProvisionContext } from './part.ts';
import { findOnPath, isExecutable, runCommand } from './run-command.ts';

/** The Temporal CLI, whose `server start-dev` is the embedded server. */
export interface TemporalBinary {
  readonly path: string;
  readonly how: string;
}

/** Version that tools/temporal-cli pins; part of the cached file's name. */
const version = '1.5.1';

/**
 * Finds the Temporal CLI: on PATH, in the cache, by the official download, or built with Go from the pinned module.
 *
 * @throws ValidationError when no way is open
 */
export async function findTemporalBinary(context: ProvisionContext): Promise<TemporalBinary> {
  const binary = await firstWay([
    () => onPath(context),
    async () => cached(path.join(context.cacheFolder, 'bin', 'temporal-official'), 'official download (cached)'),
    async () => cached(builtPath(context), 'built with Go (cached)'),
    () => download(context),
    () => build(context),
  ]);
  if (binary !== undefined) return binary;
  throw new ValidationError(
    'Temporal was not found: set TEMPORAL_ADDRESS, put the temporal CLI on PATH, or install Go 1.25 or newer to build it.',
  );
}

async function onPath(context: ProvisionContext): Promise<TemporalBinary | undefined> {
  const file = findOnPath('temporal', context.env);
  if (file === undefined) return undefined;
  const help = await runCommand(file, ['server', 'start-dev', '--help'], { env: context.env, timeoutMs: 10_000 });
  return help.ok ? { path: file, how: `temporal on PATH (${file})` } : undefined;
}

function cached(file: string, how: string): TemporalBinary | undefined {
  return isExecutable(file) ? { path: file, how } : undefined;
}

function builtPath(context: ProvisionContext): string {
  return path.join(context.cacheFolder, 'bin', `temporal-${version}`);
}

/** The SDK's own downloader knows the right build for the platform; it only offers it together with a running server. */
async function download(context: ProvisionContext): Promise<TemporalBinary | undefined> {
  if (!(await isReachable('https://temporal.download/'))) return undefined;
  const target = path.join(context.cacheFolder, 'bin', 'temporal-official');
  await mkdir(path.dirname(target), { recursive: true });
  const folder = await mkdtemp(path.join(context.cacheFolder, 'download-'));
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  try {
    const work = TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'cached-download', downloadDir: folder },
        log: { format: 'pretty', level: 'error' },
      },
    });
    const server = await context.progress.during('Downloading the Temporal CLI', work);
    await server.teardown();
    const name = (await readdir(folder)).find((entry) => entry.startsWith('temporal'));
    if (name === undefined) return undefined;
    await cp(path.join(folder, name), `${target}.${process.pid}`);
    await rename(`${target}.${process.pid}`, target);
    return cached(target, 'official download');
  } catch {
    return undefined; // a broken download is no reason to stop: it can still be built
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(context: ProvisionContext): Promise<TemporalBinary | undefined> {
  const go = findOnPath('go', context.env, ['/usr/local/go/bin', '/usr/lib/go/bin', '/opt/homebrew/bin']);
  if (go === undefined) return undefined;
  const target = builtPath(context);
  const make = async () => {
    await mkdir(path.dirname(target), { recursive: true });
    const partial = `${target}.${process.pid}`;
    const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', partial, 'github.com/temporalio/cli/cmd/temporal'];
    const result = await runCommand(go, args, {
      cwd: path.join(projectRoot, 'tools', 'temporal-cli'),
      env: { ...context.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      timeoutMs: 1_800_000,
    });
    if (!result.ok) {
      const reason = result.output.trim().split('\n').at(-1) ?? 'no output';
      throw new ValidationError(`Building the Temporal CLI with ${go} failed: ${reason}`);
    }
    await rename(partial, target);
  };
  const isMade = async () => isExecutable(target);
  context.progress.say(
    'Temporal: not installed and not downloadable; building it with Go (once a machine, some minutes)',
  );
  const work = makeOnce(path.join(context.cacheFolder, 'locks', 'temporal'), isMade, make);
  await context.progress.during('Building the Temporal CLI', work);
  return cached(target, `built with Go from tools/temporal-cli (v${version})`);
}
