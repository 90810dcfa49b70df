import { spawn } from 'node:child_process';

/**
 * Waits for one line on its standard input. The line means that all is well. The end of input without it, which is what the
 * system gives when the parent dies in whatever way, means: end each process that is noted in the folder at that moment,
 * with SIGTERM to the leader and, when that is gone or after ten seconds, SIGKILL to the whole process group.
 * It notes the pids first, since a new supervisor may use the same folder while this one still waits.
 * It is a shell, not a Node program, because it lives as long as the services do and must cost next to nothing.
 */
const script = `
trap '' INT TERM HUP
read -r word && exit 0
alive() { kill -0 "$1" && ! grep -q '^State:.Z' "/proc/$1/status"; }
pids=''
for file in "$0"/*.pid; do
  [ -f "$file" ] || continue
  read -r pid rest < "$file" || true
  case "$pid" in ''|*[!0-9]*) ;; *) pids="$pids $pid"; kill -TERM "$pid" ;; esac
done
tries=0
while [ -n "$pids" ] && [ $tries -lt 50 ]; do
  left=''
  for pid in $pids; do
    if alive "$pid"; then left="$left $pid"; else kill -KILL "-$pid"; fi
  done
  pids="$left"
  tries=$((tries + 1))
  sleep 0.2
done
for pid in $pids; do kill -KILL "-$pid"; kill -KILL "$pid"; done
`;

/** The guard of a folder of pid files. */
export interface Guard {
  /** Lets it go without ending anything. */
  release(): void;
}

/** Starts a guard. It outlives us by design and ends by itself after us. */
export function startGuard(pidFolder: string): Guard {
  const guard = spawn('/bin/sh', ['-c', script, pidFolder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', () => {
    // Without a shell there is no guard; the next start then cleans up by the pid files.
  });
  guard.stdin?.on('error', () => {
    // The guard went first: nothing is left to tell it.
  });
  guard.unref();
  // The pipe must not keep our event loop alive either.
  (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return { release: () => guard.stdin?.end('released\n') };
}
