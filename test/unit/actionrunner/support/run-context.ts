import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { baseEnvironment } from '../../../../actionrunner/base-environment.ts';
import type { RunContext, RunnerServices } from '../../../../actionrunner/runners/contract.ts';
import { loadConfig } from '../../../../platform/config/load-config.ts';

/** A context as the dispatcher builds it, without services behind it. */
export function runContext(
  given: Partial<RunContext> & { readonly env?: Readonly<Record<string, string>> } = {},
): RunContext & { readonly streamed: string[] } {
  const streamed: string[] = [];
  const config = loadConfig({ ST2_DATA_DIR: path.join(tmpdir(), `runner-test-${process.pid}`), ...given.env });
  return {
    execution: { id: 'e'.repeat(24), liveaction_id: 'f'.repeat(24), context: {} } as never,
    action: { ref: 'test.action', name: 'action', pack: 'test', parameters: {}, entry_point: '' } as never,
    runnerType: {} as never,
    runnerParameters: {},
    actionParameters: {},
    user: 'tester',
    packPath: undefined,
    entryPoint: undefined,
    actionEnvironment: async () => ({
      ST2_ACTION_PACK_NAME: 'test',
      ST2_ACTION_EXECUTION_ID: 'e'.repeat(24),
      ST2_ACTION_API_URL: 'http://127.0.0.1:9101/v1',
      ST2_ACTION_AUTH_TOKEN: 'secret-token',
    }),
    output: {
      async write(type, text) {
        streamed.push(`${type}:${text}`);
      },
    },
    signal: new AbortController().signal,
    logger: pino({ level: 'silent' }),
    services: {
      config,
      baseEnvironment: baseEnvironment(process.env),
      packConfig: async () => ({ region: 'eu' }),
    } as unknown as RunnerServices,
    streamed,
    ...given,
  };
}
