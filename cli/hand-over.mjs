// Prepares the clone and runs one of its programs in this process.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PreparationError, prepare } from './prepare.mjs';

/** Runs the built program at `entry`, a path from the project's root without extension. */
export async function handOver(root, entry) {
  try {
    await prepare(root);
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  const program = path.join(root, 'dist', `${entry}.js`);
  if (!existsSync(program)) {
    process.stderr.write(`This version has no ${entry}.\n`);
    process.exit(1);
  }
  await import(pathToFileURL(program));
}
