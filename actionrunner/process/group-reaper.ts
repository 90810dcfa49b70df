/**
 * Ends process groups of actions when this process dies without having done so (kill -9).
 *
 * A shell of a few hundred kilobytes reads which groups run; when its input ends although groups are left, it kills them.
 * It is a process of its own because nothing inside of a killed process can clean up after it.
 */
import { type ChildProcess, spawn } from 'node:child_process';

const SCRIPT = `
groups=" "
while read -r change group; do
  case "$change" in
    +) groups="$groups$group " ;;
    -) before=\${groups%%" $group "*}; after=\${groups#*" $group "}; [ "$before" = "$groups" ] || groups="$before $after" ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
`;

export interface GroupReaper {
  /**
   * Starts the reaper, unless it runs. To be called before a process is started that is to be added: starting the reaper takes milliseconds,
   * in which a kill would leave that process alive.
   */
  prepare(): void;
  add(processGroup: number): void;
  remove(processGroup: number): void;
  /** Ends the reaper; groups that were added and not removed are killed. */
  close(): void;
}

export function createGroupReaper(): GroupReaper {
  let shell: ChildProcess | undefined;
  const groups = new Set<number>();

  function start(): ChildProcess {
    const started = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} });
    started.unref();
    const input = started.stdin as typeof started.stdin & { unref?: () => void };
    input?.unref?.();
    // A reaper that was killed by somebody is replaced with the next group.
    const forget = () => {
      if (shell === started) shell = undefined;
    };
    input?.on('error', forget);
    started.on('exit', forget);
    started.on('error', forget);
    for (const group of groups) input?.write(`+ ${group}\n`);
    return started;
  }

  return {
    prepare() {
      shell ??= start();
    },
    add(group) {
      groups.add(group);
      // One that starts is told of all.
      if (shell === undefined) shell = start();
      else shell.stdin?.write(`+ ${group}\n`);
    },
    remove(group) {
      if (groups.delete(group)) shell?.stdin?.write(`- ${group}\n`);
    },
    close() {
      shell?.stdin?.end();
      shell = undefined;
      groups.clear();
    },
  };
}

/** The reaper of this process. */
export const groupReaper: GroupReaper = createGroupReaper();
