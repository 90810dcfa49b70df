// `npm run -s rehearse -- FILE…`: runs workflows in memory with given results, see docs/guides/rehearse.md.
// The exit code is 0 only when everything was as expected.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PreparationError, prepare } from './cli/prepare.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));

try {
  await prepare(root, process.stderr);
  const { rehearse } = await import(pathToFileURL(path.join(root, 'dist', 'cli', 'rehearse.js')));
  process.exitCode = await rehearse(process.argv.slice(2), (text) => process.stdout.write(text));
} catch (error) {
  if (!(error instanceof PreparationError) && !String(error?.code).startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
