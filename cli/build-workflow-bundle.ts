/** Last step of the build: puts the code of the workflow sandbox into one file, so that workers start at once. */
import { writeFile } from 'node:fs/promises';
import { bundlePath, bundleWorkflows } from '../engine/worker/workflow-bundle.ts';

await writeFile(bundlePath, await bundleWorkflows());
