/**
 * What a runner is: the code behind a runner type (`runner_type` of an action).
 *
 * 1. A runner does one action and returns how it ended; it never writes a status itself. An exception means `failed`
 *    with `{error, traceback}`: runners throw for what the user has to see and need no catch-all.
 * 2. `signal` ends everything: a runner that started something outside of this process ends it when the signal fires.
 * 3. An absent method means "not supported".
 * 4. A workflow runner may return `running`: the execution then goes on without a slot and without a lease of this process.
 */
import type { ActionService } from '../../action-service/contract.ts';
import type { KeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import type { ExecutionStatus } from '../../core/statuses.ts';
import type { Bus } from '../../platform/bus/bus.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Action, RunnerType } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';

/** The runner type as it is registered, without what the database adds. */
export type RunnerMetadata = Omit<RunnerType, 'id' | 'uid'>;

/** Plain data by name. */
export type Values = Readonly<Record<string, unknown>>;

/** Why a run is ended from outside: the `reason` of its signal. */
export type StopReason = 'canceled' | 'shutdown' | 'lease-lost';

/** Where a runner puts the output of an action while it runs. */
export interface OutputSink {
  /** Takes a piece of output. Resolves when more may come: awaiting it is the back-pressure. */
  write(type: 'stdout' | 'stderr' | 'other', text: string): Promise<void>;
}

/** What all runners of a process share. */
export interface RunnerServices {
  readonly config: Config;
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly bus: Bus;
  readonly keyValues: KeyValueService;
  /** Environment that actions inherit: the one of the service without the settings of the services. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** A token for the API in a user's name. */
  readonly tokenFor: (user: string) => Promise<string>;
  /** Values of a pack's configuration as a user sees them. */
  readonly packConfig: (pack: string, user: string) => Promise<Values>;
}

/** One action to run. */
export interface RunContext {
  readonly execution: Execution;
  readonly action: Action;
  readonly runnerType: RunnerType;
  readonly runnerParameters: Values;
  readonly actionParameters: Values;
  readonly user: string;
  /** Folder of the action's pack. */
  readonly packPath: string | undefined;
  /** File of the action inside of its pack; `undefined` when the action names none. */
  readonly entryPoint: string | undefined;
  /** `ST2_ACTION_*` variables. Asked for by runners that start processes: it costs a token. */
  readonly actionEnvironment: () => Promise<Readonly<Record<string, string>>>;
  readonly output: OutputSink;
  /** Makes a workflow `running`: its first task exists. Needless for a runner that returns `running`. */
  readonly began?: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly services: RunnerServices;
}

/** How a run ended, or that it goes on (`running`, `pending`, `paused`). */
export interface RunOutcome {
  readonly status: ExecutionStatus;
  /** Absent: what is stored stays. */
  readonly result?: unknown;
  /** Merged into the execution's context. */
  readonly context?: Values;
}

export interface Runner {
  readonly name: string;
  /** Counts in the pool of workflows, not in the one of actions. */
  readonly isWorkflow?: boolean;
  /** What the result is as soon as it runs. */
  readonly initialResult?: unknown;
  run(context: RunContext): Promise<RunOutcome>;
  /** Goes on with a paused run inside of this process: as `run`, under a lease, instead of `resume`. */
  continueRun?(context: RunContext): Promise<RunOutcome>;
  /** Cancels what `run` left running elsewhere. What runs inside of this process is ended by the signal. */
  cancel?(context: RunContext): Promise<RunOutcome>;
  pause?(context: RunContext): Promise<RunOutcome>;
  resume?(context: RunContext): Promise<RunOutcome>;
  /** After the outcome of `run` was stored: what must not happen before others can see it. */
  afterRun?(context: RunContext, outcome: RunOutcome): Promise<void>;
}

/** The reason a signal was fired with. */
export function stopReason(signal: AbortSignal): StopReason | undefined {
  return signal.aborted ? (signal.reason as StopReason) : undefined;
}
