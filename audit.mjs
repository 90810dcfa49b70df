// `npm run audit`: reports known weaknesses of the dependencies. It fails for high and critical ones of what runs in production, and only
// when the registry could be asked: a build without a network says so and goes on.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const levels = ['critical', 'high', 'moderate', 'low'];
const failing = ['critical', 'high'];
const timeoutMs = 60_000;

const production = ask(['--omit=dev']);
const all = ask([]);
if (production === undefined || all === undefined) {
  process.stdout.write('audit: the registry did not answer, dependencies were not checked\n');
} else {
  process.stdout.write(`audit: in production ${countsOf(production)}; with development ${countsOf(all)}\n`);
  for (const { name, severity, range } of Object.values(production.vulnerabilities ?? {})) {
    process.stdout.write(`  ${severity}: ${name} ${range}\n`);
  }
  const { vulnerabilities: found } = production.metadata;
  process.exitCode = failing.some((level) => found[level] > 0) ? 1 : 0;
}

/** What npm says, or `undefined` when it could not ask. */
function ask(more) {
  const { stdout } = spawnSync('npm', ['audit', '--json', ...more], {
    cwd: root,
    encoding: 'utf8',
    timeout: timeoutMs,
  });
  try {
    const report = JSON.parse(stdout);
    return report.metadata?.vulnerabilities === undefined ? undefined : report;
  } catch {
    return undefined; // no answer, or none in time
  }
}

function countsOf({ metadata }) {
  return levels.map((level) => `${metadata.vulnerabilities[level] ?? 0} ${level}`).join(', ');
}
