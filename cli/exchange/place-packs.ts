import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readMetadata } from '../../action-service/packs/read-metadata.ts';
import { packRef } from '../../action-service/packs/register-packs.ts';

/**
 * Copies every pack of a folder to `base` under its own reference, as an installation would place it; folders may be
 * named otherwise (`stackstorm-consul`). Folders without `pack.yaml` are no packs.
 *
 * @returns the references, sorted
 */
export async function placePacks(source: string, base: string, wanted: readonly string[] = []): Promise<string[]> {
  await mkdir(base, { recursive: true });
  const placed: string[] = [];
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const folder = path.join(source, entry.name);
    const file = path.join(folder, 'pack.yaml');
    if (!entry.isDirectory() || (await stat(file).catch(() => undefined)) === undefined) continue;
    const ref = packRef(await readMetadata(file), folder.replace(/stackstorm-(?=[^/]*$)/, ''));
    if (wanted.length > 0 && !wanted.includes(ref)) continue;
    await cp(folder, path.join(base, ref), { recursive: true, filter: (file) => path.basename(file) !== '.git' });
    placed.push(ref);
  }
  return placed.sort();
}
