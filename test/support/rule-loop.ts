/** Rules made through the API, and what they lead to. */
import assert from 'node:assert/strict';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import type { RunningServices } from './running-services.ts';
import { waitFor } from './wait-for.ts';

/** An execution as the API shows it. */
export interface Execution {
  readonly id: string;
  readonly status: string;
  readonly action: { readonly ref: string };
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
  readonly rule?: { readonly ref: string };
  readonly trigger_instance?: { readonly id: string };
}

/** What a rule did about an occurrence. */
export interface Enforcement {
  readonly execution_id?: string;
  readonly failure_reason?: string;
  readonly trigger_instance_id: string;
  readonly status: string;
}

/** How long the events of a loaded machine may take. */
export const TIMEOUT = { timeoutMs: 180_000, intervalMs: 100 };

/** A rule without its name. */
export interface RuleSpec {
  readonly trigger: { readonly type: string; readonly parameters?: Readonly<Record<string, unknown>> };
  readonly criteria?: Readonly<Record<string, unknown>>;
  readonly action: { readonly ref: string; readonly parameters?: Readonly<Record<string, unknown>> };
}

/** An action that prints. */
export const say = (text: string) => ({ ref: 'core.local', parameters: { cmd: `echo ${text}` } });

export interface RuleLoop {
  createRule(name: string, rule: RuleSpec): Promise<unknown>;
  enforcements(rule: string): Promise<Enforcement[]>;
  /** The first execution that a rule made, once it has ended. */
  executionOf(rule: string): Promise<Execution>;
}

/** Rules of the pack `looptest`. */
export function ruleLoop(system: RunningServices): RuleLoop {
  const enforcements = (rule: string) =>
    system.request<Enforcement[]>('GET', `/ruleenforcements?rule_ref=looptest.${rule}&limit=1000`);
  return {
    enforcements,
    createRule: (name, rule) => system.request('POST', '/rules', { name, pack: 'looptest', enabled: true, ...rule }),
    executionOf: (rule) =>
      waitFor(
        async () => {
          const enforcement = (await enforcements(rule)).at(-1);
          if (enforcement === undefined) return undefined;
          assert.equal(enforcement.failure_reason, undefined);
          const execution = await system.request<Execution>('GET', `/executions/${enforcement.execution_id}`);
          return isExecutionStatus(execution.status) && isCompleted(execution.status) ? execution : undefined;
        },
        { what: `execution of rule ${rule}`, ...TIMEOUT },
      ),
  };
}
