import type { OpenContent } from '../../stores/records.ts';

/** A rule as it is stored. */
export interface Rule extends OpenContent {
  readonly enabled: boolean;
  readonly type: { readonly ref: string };
  readonly trigger: {
    readonly ref: string;
    readonly type: string;
    readonly parameters: Readonly<Record<string, unknown>>;
  };
  readonly criteria: Readonly<Record<string, unknown>>;
  readonly action: { readonly ref: string; readonly parameters: Readonly<Record<string, unknown>> };
  readonly context?: Readonly<Record<string, unknown>>;
}

/** Matches only where no other rule of the trigger did. */
export const BACKSTOP = 'backstop';
