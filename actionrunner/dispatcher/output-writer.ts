/**
 * Streams the output of an action into the database while it runs: few writes, bounded memory, bounded in all.
 *
 * 1. What comes within {@link FLUSH_MS} is one write; output that ends before is written once, at the end.
 * 2. A writer with too much unwritten text makes its source wait, and so the process that writes.
 * 3. Output never fails an action: a write that fails is logged and dropped.
 * 4. Secrets of the action are masked before anything is stored, also one that comes in pieces.
 */
import type { ActionService } from '../../action-service/contract.ts';
import { createTextMask, type TextMask } from '../../core/params/index.ts';
import { collectGarbageSoon } from '../../platform/collect-garbage.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { OutputSink } from '../runners/contract.ts';

const FLUSH_MS = 100;
const WAIT_ABOVE = 256 * 1024;
/** Characters of output after which memory is worth giving back. */
const LARGE = 4 * 1024 * 1024;
/** Characters streamed of one execution; what the result keeps is limited apart from this. */
const STREAM_LIMIT = 64 * 1024 * 1024;

type OutputType = 'stdout' | 'stderr' | 'other';

export interface OutputWriter extends OutputSink {
  /** Values that are masked in all that is written from now on. */
  conceal(secrets: readonly unknown[]): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

export function createOutputWriter(actions: ActionService, execution: Execution, logger: Logger): OutputWriter {
  const waiting: { type: OutputType; text: string }[] = [];
  const masks = new Map<OutputType, TextMask>();
  let secrets: readonly unknown[] = [];
  let size = 0;
  let total = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const pieces = waiting.splice(0);
    size = 0;
    if (pieces.length === 0) return writing;
    writing = writing.then(async () => {
      for (const { type, text } of pieces) {
        try {
          await actions.appendOutput(execution, type, text);
        } catch (error) {
          logger.warn({ err: error, execution_id: execution.id }, 'output of an action could not be stored');
        }
      }
    });
    return writing;
  }

  function maskOf(type: OutputType): TextMask | undefined {
    const mask = masks.get(type) ?? createTextMask(secrets);
    if (mask !== undefined) masks.set(type, mask);
    return mask;
  }

  function add(type: OutputType, text: string): void {
    if (text === '') return;
    const last = waiting.at(-1);
    if (last?.type === type) last.text += text;
    else waiting.push({ type, text });
    size += text.length;
  }

  return {
    conceal(values) {
      secrets = values;
    },
    async write(type, text) {
      if (total > STREAM_LIMIT) return;
      total += text.length;
      if (total > STREAM_LIMIT) add(type, '\n[output cut: the rest is not streamed]\n');
      else add(type, maskOf(type)?.push(text) ?? text);
      if (size > WAIT_ABOVE) await flush();
      else timer ??= setTimeout(() => void flush(), FLUSH_MS);
    },
    async close() {
      for (const [type, mask] of masks) if (total <= STREAM_LIMIT) add(type, mask.end());
      await flush();
      if (total > LARGE) collectGarbageSoon();
    },
  };
}

/** A sink for installations that do not store output while actions run. */
export const SILENT_WRITER: OutputWriter = {
  conceal: () => undefined,
  write: async () => undefined,
  close: async () => undefined,
};
