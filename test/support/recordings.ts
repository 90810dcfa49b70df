import path from 'node:path';
import { projectRoot } from '../../cli/project-paths.ts';

/** Folder of the recorded behaviour of the originals: beside the project, or where `CONFORMANCE_DIR` says. It may not be there. */
export const recordings = process.env.CONFORMANCE_DIR ?? path.resolve(projectRoot, '../shared/conformance');
