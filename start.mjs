// The one command: checks what must be there, installs and builds what is missing or stale, and hands over to
// dist/cli/start.js. It runs before anything is installed, so it uses nothing but Node itself.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PreparationError, prepare } from './cli/prepare.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);

const help = `Usage: npm start -- [options]     start everything on this machine and serve until Ctrl-C
       npm stop  -- [--data-dir DIR]  end what "npm start -- --detach" has started

  --data-dir DIR        folder for data, logs and secrets (default: .tramontane)
  --packs DIR           read further packs from DIR; repeatable, a later folder's pack replaces an earlier one's
  --user NAME:PASSWORD  add a user or give it a new password; repeatable
  --workers N           action runner processes (default: one a core, 2 where unknown)
  --separate            a process for each service; without it, those that mostly wait share one, which takes less memory
  --no-sample           do not run testpack.wftest after the start
  --detach              return once it serves; end it with npm stop
  --stop                end it (what npm stop does)

  --port-auth N         st2auth (9100)             --port-temporal N     Temporal (7233)
  --port-api N          st2api (9101)              --port-temporal-ui N  Temporal UI (8233)
  --port-stream N       st2stream (9102)           --port-mongodb N      MongoDB (any free port)
  --port-mistral N      mistral-api (8989)         --port-bus N          RabbitMQ or the built-in broker (any free port)
  --ports-from N        all of them in this order from N on; takes ten ports

  --help                this text

Parts that run elsewhere are taken from the environment: TEMPORAL_ADDRESS (TEMPORAL_NAMESPACE), ST2_DATABASE__URI,
ST2_MESSAGING__URL. ST2_PYTHON_BINARY names the Python 3 for Python actions, TRAMONTANE_CACHE_DIR the folder for what
is built once a machine (default: ~/.cache/tramontane).
`;

if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(help);
} else {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function main() {
  const isStop = args.includes('--stop');
  if (isStop && !existsSync(path.join(root, 'dist', 'cli', 'start.js'))) {
    process.stdout.write('Nothing runs here: this clone has not been built yet.\n');
    return;
  }
  if (!isStop) {
    requirePython();
    await prepare(root);
  }
  await import('./dist/cli/start.js');
}

function requirePython() {
  const python = process.env.ST2_PYTHON_BINARY || 'python3';
  const { status } = spawnSync(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { stdio: 'ignore' });
  if (status === 0) return;
  const what = status === null ? 'was not found' : 'is older than 3.8';
  throw new PreparationError(
    `Python 3 is needed for Python actions, but ${python} ${what}: install it, or set ST2_PYTHON_BINARY.`,
  );
}
