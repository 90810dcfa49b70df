/**
 * Prepares an installation whose parts run elsewhere, once and again after each update: Temporal's search attributes, the key of
 * the datastore, the first user, the packs. It is what the setup container runs; doing it twice changes nothing.
 *
 * `ST2_SETUP_USER` and `ST2_SETUP_PASSWORD` name the user to add to the htpasswd file.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, UnavailableError, ValidationError } from '../core/errors.ts';
import { type Config, loadConfig } from '../platform/config/load-config.ts';
import { findProgram } from './project-paths.ts';
import { createProgress } from './provision/progress.ts';
import { runCommand } from './provision/run-command.ts';
import { prepareTemporal } from './provision/temporal.ts';
import { createEncryptionKey, keepSecret, updateUsers } from './start/secrets.ts';

const progress = createProgress(process.stdout);

try {
  const config = loadConfig(process.env);
  await prepareFiles(config);
  await progress.during('Waiting for Temporal', prepareTemporal(config, 60_000, progress));
  await progress.during('Registering packs', registerPacks());
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
}
process.exit();

async function prepareFiles(config: Config): Promise<void> {
  const key = config.keyvalue.encryption_key_path;
  if (key !== '') {
    await mkdir(path.dirname(key), { recursive: true });
    await keepSecret(key, createEncryptionKey);
  }
  const { ST2_SETUP_USER: name, ST2_SETUP_PASSWORD: password } = process.env;
  if (!name || !password) return;
  const file = config.auth.htpasswd_file;
  if (file === '') throw new ValidationError('ST2_AUTH__HTPASSWD_FILE must name the file that gets the user.');
  await mkdir(path.dirname(file), { recursive: true });
  await updateUsers(file, [{ name, password }]);
}

async function registerPacks(): Promise<void> {
  const program = findProgram('cli/register-packs');
  if (program === undefined) throw new UnavailableError('This build has no cli/register-packs: run npm run build.');
  const result = await runCommand(program.command, program.args, { env: process.env });
  process.stdout.write(result.output);
  if (!result.ok) throw new UnavailableError('Packs could not be registered; the lines above say why.');
}
