import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from '../../cli/project-paths.ts';
import { type ServiceName, services } from '../../cli/services.ts';
import type { Provisioned } from './provisioned.ts';

/** How a service ended that could not start. */
export interface FailedStart {
  readonly code: number | null;
  /** All that it wrote. */
  readonly output: string;
  /** The last line: what an operator reads. */
  readonly sentence: string;
}

/** Runs a service that is not to start; resolves when it has ended. */
export async function failedStart(
  { processes, folder, env: addresses }: Provisioned,
  service: ServiceName,
  env: Readonly<Record<string, string>>,
): Promise<FailedStart> {
  const program = findProgram(services.find(({ name }) => name === service)?.entry ?? '');
  if (program === undefined) throw new Error(`This build has no ${service}.`);
  const { PATH, HOME } = process.env;
  const all = { PATH, HOME, ST2_DATA_DIR: path.join(folder, 'failed'), ...addresses, ...env };
  const child = processes.start({ name: `failed-${service}`, ...program, env: all });
  const { code } = await child.exited;
  const output = await readFile(child.logFile, 'utf8');
  return { code, output, sentence: output.trim().split('\n').at(-1) ?? '' };
}
