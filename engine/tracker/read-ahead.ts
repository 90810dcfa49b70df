import { isFinalState } from '../contract.ts';
import { hasActiveChild } from './has-active-child.ts';
import { loadResult, type ResultParts } from './make-result.ts';
import { findRecordOf, type TrackedRecord } from './tracked-record.ts';
import type { TrackerContext } from './tracker-context.ts';

/** What a workflow says of itself when its state has changed. All of it is stored by then. */
export interface WorkflowNews {
  readonly uuid: string;
  readonly state: string;
  /** Of the view that is stored. */
  readonly version: number;
}

/** What an end asks for, read before it was asked for. */
export interface EndRead {
  readonly parts: ResultParts;
  readonly active: boolean;
}

/** What was read on account of news. */
export interface ReadAhead {
  readonly record: TrackedRecord;
  /** Of an end, if the record still is as the news has it. */
  readonly end?: EndRead;
}

/**
 * Reads at once what a look at the workflow will ask for, one after the other otherwise: who waits for the end of a workflow waits for that.
 *
 * @param executionId the execution that the workflow belongs to
 */
export async function readAhead(
  context: TrackerContext,
  executionId: string,
  { uuid, state, version }: WorkflowNews,
): Promise<ReadAhead | undefined> {
  const [record, end] = await Promise.all([
    findRecordOf(context, { uuid }),
    isFinalState(state) ? readEnd(context, executionId, { uuid, state }) : undefined,
  ]);
  if (record === undefined) return undefined;
  return end !== undefined && record.state === state && record.version === version ? { record, end } : { record };
}

/** What an end asks for. */
export async function readEnd(
  context: TrackerContext,
  executionId: string,
  record: Pick<TrackedRecord, 'uuid' | 'state'>,
): Promise<EndRead> {
  const [parts, active] = await Promise.all([
    loadResult(context, record),
    hasActiveChild(context, executionId, record),
  ]);
  return { parts, active };
}
