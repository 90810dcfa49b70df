import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of the clock that `/proc` counts CPU in; the same on all Linux machines of today. */
const TICKS_PER_SECOND = 100;

/** CPU that a process has used so far, of user and system. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold blanks: what follows its bracket is counted.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The process with this word (a port) on its command line, the oldest if there are several. */
export function findProcess(word: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.map(Number).filter((pid) => {
    if (pid === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
  const [oldest] = found.sort((a, b) => a - b);
  if (oldest === undefined) throw new Error(`No process has "${word}" on its command line.`);
  return oldest;
}
