// `npm test`: everything a change must pass, from a fresh clone with nothing running. It prepares the clone, checks types and
// style, then runs the tests: those without services side by side, those with real services two files at a time.
// Arguments are parts of file names: `npm test -- conductor stores` runs only the test files whose path contains one of them.
import { fork, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PreparationError, prepare } from './cli/prepare.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const tests = path.join(root, 'dist', 'test');
const filters = process.argv.slice(2);
const tools = path.join(root, 'node_modules');
const sharedVariable = 'TRAMONTANE_TEST_SHARED';
const longestFileMs = 10 * 60_000;
/** Of those with real services: they wait for processes to start, end and be missed as much as they work. */
const filesAtOnce = 2;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof PreparationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function main() {
  await prepare(root);
  const checks = [];
  if (filters.length === 0) {
    // A failed check fails the whole, but does not hide what the tests say.
    checks.push(await run('types', 'npm', ['run', '--silent', 'typecheck']));
    const biome = path.join(tools, '@biomejs', 'biome', 'bin', 'biome');
    checks.push(await run('style', process.execPath, [biome, 'check', '.']));
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  const quick = [...testFiles('unit'), ...testFiles('conformance')];
  const slow = testFiles('integration');
  if (quick.length + slow.length === 0) process.stdout.write(`\nNo test file is called ${filters.join(' or ')}.\n`);
  await runTests('unit and conformance', quick, Math.max(2, os.availableParallelism()), process.env, total);
  if (slow.length > 0) {
    const shared = await startSharedInfrastructure();
    await runTests(
      'integration',
      slow,
      filesAtOnce,
      { ...process.env, [sharedVariable]: JSON.stringify(shared.addresses) },
      total,
    );
    await shared.stop();
  }
  const checksFailed = checks.filter((isClean) => !isClean).length;
  if (checksFailed > 0) process.stdout.write(`\nThe check of types or style has failed; see the beginning.\n`);
  const failed = total.failed + checksFailed;
  process.stdout.write(`\n${total.passed} passed, ${failed} failed, ${total.skipped} skipped\n`);
  return failed === 0 && total.passed > 0 ? 0 : 1;
}

function testFiles(kind) {
  const folder = path.join(tests, kind);
  let names = [];
  try {
    names = readdirSync(folder, { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // a kind without any test yet
  }
  const isWanted = (file) => filters.length === 0 || filters.some((filter) => file.includes(filter));
  return names
    .filter((name) => name.endsWith('.test.js') && isWanted(path.join(kind, name)))
    .sort()
    .map((name) => path.join(folder, name));
}

/** Runs files with node's own runner, shows its output as it comes, and adds its counts up. */
async function runTests(label, files, concurrency, env, total) {
  if (files.length === 0) return;
  process.stdout.write(`\n# ${label}: ${files.length} files\n`);
  const args = [
    '--enable-source-maps',
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    // A file that does not end, for whatever it has left open, fails; the others still run.
    `--test-timeout=${longestFileMs}`,
    ...files,
  ];
  const since = Date.now();
  const { code, output } = await capture(process.execPath, args, env);
  const count = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  total.passed += count('pass');
  total.skipped += count('skipped') + count('todo');
  const failed = count('fail') + count('cancelled');
  // A runner that died has no summary; that must never look like success.
  total.failed += failed === 0 && code !== 0 ? 1 : failed;
  process.stdout.write(`# ${label}: ${((Date.now() - since) / 1_000).toFixed(0)} s\n`);
}

/** Passes output on and keeps its end, where the summary stands. */
function capture(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      output = (output + chunk).slice(-200_000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

async function run(label, command, args) {
  const { code } = await capture(command, args, process.env);
  process.stdout.write(`${label}: ${code === 0 ? 'clean' : 'FAILED'}\n`);
  return code === 0;
}

/** One Temporal, database and bus for all files; they keep apart by names. They end with us, whatever happens. */
async function startSharedInfrastructure() {
  process.stdout.write('\nStarting Temporal, database and bus for the integration tests\n');
  const child = fork(path.join(tests, 'support', 'shared-infrastructure-main.js'), { cwd: root });
  const addresses = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message.addresses));
    child.once('exit', (code) => reject(new PreparationError(`The infrastructure for tests ended with code ${code}.`)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    addresses,
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
