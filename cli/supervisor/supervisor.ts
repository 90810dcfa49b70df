import { NotFoundError } from '../../core/errors.ts';
import { HOST_NAME } from '../hosting/contract.ts';
import { type HostedServices, hostServices } from '../hosting/hosted-services.ts';
import type { ManagedProcess, ProcessTable } from '../processes/process-table.ts';
import { findProgram } from '../project-paths.ts';
import { services } from '../services.ts';
import { type Steered, type SupervisedProcess, superviseProcess } from './supervised-process.ts';

/** One line of `st2ctl status`. */
export interface ComponentStatus {
  readonly name: string;
  /** `undefined`: it does not run. */
  readonly pid: number | undefined;
}

/** All services of ours on this machine, and the infrastructure that was started for them. */
export interface Supervisor {
  /** Starts every service and resolves when all are ready. */
  startServices(): Promise<void>;
  /** Keeps processes of the infrastructure running that were started before. */
  adopt(processes: readonly ManagedProcess[]): void;
  /** The services, one line for each process of each. */
  status(): readonly ComponentStatus[];
  /** Processes of the infrastructure. */
  infrastructure(): readonly ComponentStatus[];
  /**
   * Starts, stops or restarts one service, or all of them.
   *
   * @throws NotFoundError when there is no service of that name
   */
  steer(action: 'start' | 'stop' | 'restart', service?: string): Promise<void>;
  /** Stops the services (drained), then the infrastructure. */
  stopAll(): Promise<void>;
}

/** The options of {@link createSupervisor}. */
export interface SupervisorOptions {
  readonly processes: ProcessTable;
  /** Environment of the services. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workers: number;
  /** Each service has a process of its own; else those that may share one do. */
  readonly separate: boolean;
  readonly report: (line: string) => void;
}

/** Services get this long to finish what is under way, before they are killed; all must have ended within ten seconds. */
const drainMs = 7_000;
/** The infrastructure holds no work of ours by then, only its own files to close. */
const closeMs = 2_500;

interface Entry {
  readonly service: string;
  readonly process: Steered;
}

/** Builds the supervisor over the table of services; nothing starts yet. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const host = options.separate ? undefined : createHost(options);
  const entries = services.flatMap((service) => instancesOf(service, options, host));
  const infrastructure: SupervisedProcess[] = [];

  const select = (name: string | undefined): readonly Steered[] => {
    const selected = entries.filter(({ service }) => name === undefined || service === name);
    if (selected.length > 0) return selected.map(({ process }) => process);
    const known = [...new Set(entries.map(({ service }) => service))].join(', ');
    throw new NotFoundError(`There is no service "${name}"; there are ${known}.`);
  };
  const stop = async (selected: readonly Steered[], graceMs: number) => {
    await Promise.all(selected.map((process) => process.stop(graceMs)));
  };
  const start = async (selected: readonly Steered[]) => {
    await Promise.all(selected.map((process) => process.start()));
  };

  return {
    startServices: () => start(select(undefined)),
    adopt(processes) {
      for (const child of processes) {
        const process = superviseProcess({ processes: options.processes, spec: child.spec, report: options.report });
        process.adopt(child);
        infrastructure.push(process);
      }
    },
    status: () => entries.map(({ service, process }) => ({ name: service, pid: process.pid })),
    infrastructure: () => infrastructure.map(({ name, pid }) => ({ name, pid })),
    async steer(action, service) {
      const selected = select(service);
      if (action !== 'start') await stop(selected, drainMs);
      if (action !== 'stop') await start(selected);
    },
    async stopAll() {
      await stop(
        entries.map(({ process }) => process),
        drainMs,
      );
      await stop(infrastructure, closeMs);
    },
  };
}

function createHost({ processes, env, report }: SupervisorOptions): HostedServices | undefined {
  const program = findProgram('cli/hosting/service-host');
  if (program === undefined) return undefined;
  const spec = { name: HOST_NAME, command: program.command, args: program.args, env, ipc: true };
  return hostServices({ processes, spec, report });
}

function instancesOf(
  service: (typeof services)[number],
  { processes, env, workers, report }: SupervisorOptions,
  host: HostedServices | undefined,
): readonly Entry[] {
  if (service.shares && host !== undefined) return [{ service: service.name, process: host.service(service.name) }];
  const program = findProgram(service.entry);
  if (program === undefined) return [];
  const count = service.instances === 'workers' ? workers : 1;
  return Array.from({ length: count }, (_, index) => {
    const name = count === 1 ? service.name : `${service.name}.${index + 1}`;
    const own = 'env' in service ? service.env : {};
    const spec = { name, command: program.command, args: program.args, env: { ...env, ...own }, ipc: true };
    return { service: service.name, process: superviseProcess({ processes, spec, report }) };
  });
}
