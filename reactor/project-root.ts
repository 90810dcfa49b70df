import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the product's package.json: files that are no TypeScript are found from there, compiled or not. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('No package.json above the reactor: the installation is not complete.');
    folder = parent;
  }
  return folder;
}
