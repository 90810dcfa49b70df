// Makes a clone runnable: Node's version, node_modules, dist. Used by the scripts in the project's root before anything
// is installed, so it is plain JavaScript and uses nothing but Node itself.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A reason to stop that is one sentence for the user. */
export class PreparationError extends Error {}

const oldestNode = [20, 19];
const sourceFolders = [
  'core',
  'platform',
  'stores',
  'action-service',
  'workflow-translator',
  'engine',
  'api',
  'actionrunner',
  'reactor',
  'cli',
  'test',
  'bench',
];

/** Installs and builds where needed; returns at once when everything is there and fresh. Progress goes to `output`. */
export async function prepare(root, output = process.stdout) {
  requireNode();
  await install(root, output);
  await build(root, output);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new PreparationError(`Node ${oldestNode.join('.')} or newer is needed; this is ${process.versions.node}.`);
}

async function install(root, output) {
  const stamp = path.join(root, 'node_modules', '.tramontane-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (readIfThere(stamp) === wanted) return;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await npm(root, args, 'Installing packages (npm ci)', output);
  writeFileSync(stamp, wanted);
}

async function build(root, output) {
  const stamp = path.join(root, 'dist', '.tramontane-sources');
  const wanted = fingerprint(root);
  if (readIfThere(stamp) === wanted) return;
  await npm(root, ['run', '--silent', 'build'], 'Building', output);
  writeFileSync(stamp, wanted);
}

/** Names, sizes and times of all sources: enough to see that any was added, changed or removed, and quick to read. */
function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (file) => {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${path.relative(root, file)}\0${size}\0${mtimeMs}\n`);
  };
  for (const name of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) add(path.join(root, name));
  for (const folder of sourceFolders) {
    if (!existsSync(path.join(root, folder))) continue;
    const names = readdirSync(path.join(root, folder), { recursive: true }).filter((name) => name.endsWith('.ts'));
    for (const name of names.sort()) add(path.join(root, folder, name));
  }
  return hash.digest('hex');
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Runs npm, says so after two seconds and again when twice the time has passed, and shows its output only when it fails. */
async function npm(root, args, label, progress) {
  // Under `npm start` this is the npm that runs us; on its own, the one on PATH.
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  const since = Date.now();
  let sayAfter = 2;
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - since) / 1_000);
    if (seconds < sayAfter) return;
    progress.write(`${label} … ${seconds} s\n`);
    sayAfter = 2 * seconds;
  }, 2_000);
  let output = '';
  try {
    const code = await new Promise((resolve, reject) => {
      const child = spawn(command, [...first, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      const collect = (chunk) => {
        output = (output + chunk).slice(-20_000);
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code === 0) return;
  } catch (error) {
    output = error.message;
  } finally {
    clearInterval(timer);
  }
  throw new PreparationError(`${output.trim()}\n${label} failed; the lines above say why.`);
}
