/** Sends a signal to a process group; a group that is gone is no error. */
export function killGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal);
  } catch (error) {
    // ESRCH: it ended by itself. EPERM: it belongs to another user (sudo), whose parent dies with its pipes.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
