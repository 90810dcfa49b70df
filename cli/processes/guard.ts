import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Waits for the end of its standard input, which the system closes when the parent dies in whatever way. Then it ends each
 * process whose pid file is still there: SIGTERM to the leader, and after ten seconds SIGKILL to the whole process group.
 * It is a shell, not a Node program, because it lives as long as the services do and must cost next to nothing.
 */
const script = `
trap '' INT TERM HUP
cat >/dev/null
each() {
  for file in "$1"/*.pid; do
    if [ -f "$file" ]; then
      read -r pid rest < "$file" || true
      case "$pid" in ''|*[!0-9]*) ;; *) "$2" "$pid" "$file" ;; esac
    fi
  done
}
term() { kill -TERM "$1"; }
reap() { if kill -0 "$1"; then left=1; else kill -KILL "-$1"; rm -f "$2"; fi; }
slay() { kill -KILL "-$1"; kill -KILL "$1"; rm -f "$2"; }
each "$0" term
tries=0
while [ $tries -lt 50 ]; do
  left=0
  each "$0" reap
  [ $left -eq 0 ] && exit 0
  tries=$((tries + 1))
  sleep 0.2
done
each "$0" slay
`;

/** Starts the guard of a folder of pid files. It outlives us by design and ends by itself after us. */
export function startGuard(pidFolder: string): ChildProcess {
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
  return guard;
}
