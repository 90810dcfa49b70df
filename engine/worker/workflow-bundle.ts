import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from '../../platform/logging/create-logger.ts';

const prebuilt = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const source = fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url));

const interceptors = fileURLToPath(new URL(`../workflows/trace-interceptors.${extension}`, import.meta.url));

/** Where the build puts the bundle. */
export const bundlePath = prebuilt;

/** The code of the sandbox, bundled; takes seconds. */
export async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: source,
    workflowInterceptorModules: [interceptors],
    logger: { log: () => {}, trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  return code;
}

/** The bundle of the build, or (in development) a fresh one. */
export async function loadWorkflowBundle(logger: Logger): Promise<WorkflowBundleOption> {
  if (extension === 'js' && existsSync(prebuilt)) return { codePath: prebuilt };
  logger.info('bundling the workflow code');
  return { code: await bundleWorkflows() };
}
