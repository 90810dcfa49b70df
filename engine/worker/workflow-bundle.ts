import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from '../../platform/logging/create-logger.ts';

const prebuilt = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const source = fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url));

/**
 * What workflows share in a thread: all but the entry that the SDK looks a workflow up in. It keeps nothing of a workflow in its modules (what
 * they remember follows from the text it is remembered by), so that it needs not be made again, at a megabyte or more, for each workflow.
 */
const shared = fileURLToPath(new URL(`../workflows/conduct.${extension}`, import.meta.url));

const interceptors = fileURLToPath(new URL(`../workflows/trace-interceptors.${extension}`, import.meta.url));

/** Where the build puts the bundle. */
export const bundlePath = prebuilt;

/** The code of the sandbox, bundled; takes seconds. */
export async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: source,
    workflowInterceptorModules: [interceptors],
    preloadModules: [shared, interceptors],
    logger: { log: () => {}, trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  return `${withoutFrames}${withoutCompiling}${withoutSources(code)}`;
}

/**
 * For Temporal's stack trace query the SDK takes the stack at each promise of a workflow: half of all CPU of a workflow thread. Of an
 * interpreter it tells nothing about the workflow, so in the sandbox no stack has any frames. The SDK freezes `Error` after this.
 */
const withoutFrames = 'Error.stackTraceLimit = 0;';

/**
 * For the same query the SDK compiles two lines of code at each promise, with the `Function` that it finds at the constructor of `Promise`:
 * a fifth of what is left of a workflow thread. Here is what they come to; an `Error` without a stack is one that it takes no note of.
 */
export const withoutCompiling = `(() => {
  class Stackless {}
  const compiled = {
    __proto__: null,
    'return globalThis.__TEMPORAL_ACTIVATOR__': () => globalThis.__TEMPORAL_ACTIVATOR__,
    'return globalThis.Error': () => Stackless,
  };
  Object.defineProperty(Promise, 'constructor', { value: (code) => compiled[code] ?? Function(code) });
})();`;

const SOURCE_MAP = /\n\/\/# sourceMappingURL=data:[^,]*;base64,([A-Za-z0-9+/=]+)\s*$/;

/**
 * The SDK wants a source map, and each thread holds it; the text of all sources, which it brings too, would be held for nothing.
 */
function withoutSources(code: string): string {
  const found = SOURCE_MAP.exec(code);
  if (found?.[1] === undefined) return code;
  const { sourcesContent: _text, ...map } = JSON.parse(Buffer.from(found[1], 'base64').toString()) as Record<
    string,
    unknown
  >;
  const data = Buffer.from(JSON.stringify(map)).toString('base64');
  return `${code.slice(0, found.index)}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${data}`;
}

/** The bundle of the build, or (in development) a fresh one. */
export async function loadWorkflowBundle(logger: Logger): Promise<WorkflowBundleOption> {
  if (extension === 'js' && existsSync(prebuilt)) return { codePath: prebuilt };
  logger.info('bundling the workflow code');
  return { code: await bundleWorkflows() };
}
