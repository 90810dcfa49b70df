/**
 * Streams the output of an action into the database while it runs: few writes, bounded memory, bounded in all.
 *
 * 1. What comes within {@link FLUSH_MS} is one write; output that ends before is written once, at the end.
 * 2. A writer with too much unwritten text makes its source wait, and so the process that writes.
 * 3. Output never fails an action: a write that fails is logged and dropped.
 */
import type { ActionService } from '../../action-service/contract.ts';
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
  /** Writes what is left. */
  close(): Promise<void>;
}

export function createOutputWriter(actions: ActionService, execution: Execution, logger: Logger): OutputWriter {
  const waiting: { type: OutputType; text: string }[] = [];
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

  function add(type: OutputType, text: string): void {
    const last = waiting.at(-1);
    if (last?.type === type) last.text += text;
    else waiting.push({ type, text });
    size += text.length;
  }

  return {
    async write(type, text) {
      if (total > STREAM_LIMIT) return;
      total += text.length;
      add(type, total > STREAM_LIMIT ? '\n[output cut: the rest is not streamed]\n' : text);
      if (size > WAIT_ABOVE) await flush();
      else timer ??= setTimeout(() => void flush(), FLUSH_MS);
    },
    async close() {
      await flush();
      if (total > LARGE) collectGarbageSoon();
    },
  };
}

/** A sink for installations that do not store output while actions run. */
export const SILENT_WRITER: OutputWriter = { write: async () => undefined, close: async () => undefined };
