/** Runs a pack's file as it is at a git revision (`content_version`): a detached work tree for the time of the run. */
import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { RunContext } from '../contract.ts';

const run = promisify(execFile);

/**
 * Calls `use` with the entry point to use: the pack's own, or that of the asked revision.
 *
 * @throws Error in StackStorm's words when the pack is no git repository or the revision is unknown
 */
export async function withContent<T>(
  context: RunContext,
  use: (entryPoint: string | undefined) => Promise<T>,
): Promise<T> {
  const { content_version: version, debug } = context.runnerParameters;
  const { entryPoint, packPath } = context;
  if (typeof version !== 'string' || version === '' || entryPoint === undefined || packPath === undefined) {
    return use(entryPoint);
  }
  const tree = await mkdtemp(join(tmpdir(), 'st2-git-worktree-'));
  try {
    await addWorkTree(context.action.pack, packPath, tree, version);
    return await use(join(tree, relative(await realpath(packPath), entryPoint)));
  } finally {
    if (debug !== true) {
      await rm(tree, { recursive: true, force: true });
      await run('git', ['-C', packPath, 'worktree', 'prune']).catch((error: unknown) =>
        context.logger.warn({ err: error, pack: context.action.pack }, 'work tree of a pack could not be pruned'),
      );
    }
  }
}

async function addWorkTree(pack: string, packPath: string, tree: string, version: string): Promise<void> {
  try {
    await run('git', ['-C', packPath, 'worktree', 'add', '--detach', '--', tree, version]);
  } catch (error) {
    const text = String((error as { stderr?: unknown }).stderr ?? error);
    const prefix = `Failed to create git worktree for pack "${pack}": `;
    if (/not a git repository/i.test(text)) {
      throw new Error(
        `${prefix}Pack directory "${packPath}" is not a git repository. To utilize this functionality, pack directory needs to be a git repository.`,
      );
    }
    if (/invalid reference|not a valid object name/i.test(text)) {
      throw new Error(
        `${prefix}Invalid content_version "${version}" provided. Make sure that git repository is up to date and contains that revision.`,
      );
    }
    throw new Error(`${prefix}${text.trim()}`);
  }
}
