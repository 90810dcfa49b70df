import type { OpenRecord } from '../../stores/records.ts';

/** An occurrence of a trigger as it is stored. */
export interface TriggerInstance extends OpenRecord {
  /** Reference of the trigger. */
  readonly trigger: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly occurrence_time: Date;
  readonly status: 'pending' | 'processing' | 'processed' | 'processing_failed';
  /** `is_new`: in a trace of its own, even if others of that tag exist (a timer's would grow for ever). */
  readonly trace_context?: { readonly id_?: string; readonly trace_tag?: string; readonly is_new?: boolean };
  /** Which rules engine has it, until when that is believed, and how often it was begun. */
  readonly processing?: { readonly owner: string; readonly expires_at: Date };
  readonly attempts?: number;
}
