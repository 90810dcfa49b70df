import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../../../cli/project-paths.ts';
import { parseStartOptions } from '../../../cli/start/options.ts';

const parse = (...args: string[]) => parseStartOptions(args, '/somewhere');

describe('options of npm start', () => {
  it('has a default for everything', () => {
    const options = parse();
    assert.equal(options.dataFolder, '/somewhere/.tramontane');
    assert.equal(options.sample, true);
    assert.equal(options.workers, undefined);
    assert.deepEqual(
      [options.ports.auth, options.ports.api, options.ports.stream, options.ports.mistral],
      [9100, 9101, 9102, 8989],
    );
  });

  it('hands out a row of ports, of which single ones may still be named', () => {
    const { ports } = parse('--ports-from', '20000', '--port-api', '12345');
    assert.equal(ports.auth, 20_000);
    assert.equal(ports.api, 12_345);
    assert.equal(ports['bus-mapper'], 20_009);
    assert.equal(new Set(Object.values(ports)).size, Object.keys(ports).length);
  });

  it('keeps the order of pack folders and the colon in a password', () => {
    const options = parse('--packs', 'a', '--packs', '/b', '--user', 'ann:pa:ss');
    assert.deepEqual(options.packFolders, ['/somewhere/a', '/b']);
    assert.deepEqual(options.users, [{ name: 'ann', password: 'pa:ss' }]);
  });

  for (const [args, sentence] of [
    [['--port-api', '0'], /^--port-api must be a whole number from 1 to 65535, not "0"\.$/],
    [['--workers', 'many'], /^--workers must be a whole number from 1 to 256, not "many"\.$/],
    [['--user', 'secretword'], /^--user must be NAME:PASSWORD\.$/],
    [['--frobnicate'], /--frobnicate.*npm start -- --help lists the options\.$/],
    [['stray'], /stray.*npm start -- --help lists the options\.$/],
  ] as const) {
    it(`refuses ${args.join(' ')} in one sentence`, () => {
      assert.throws(() => parse(...args), { code: 'VALIDATION', message: sentence });
    });
  }

  it('understands every option that the help names', () => {
    const { stdout, status } = spawnSync(process.execPath, [path.join(projectRoot, 'start.mjs'), '--help'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    const named = [
      ...new Set([...stdout.matchAll(/(--[a-z-]+)( [A-Z:]+)?/g)].map(([, name, value]) => [name, value] as const)),
    ];
    for (const [name = '', value] of named) {
      if (name === '--help' || name === '--') continue;
      const argument = name === '--user' ? 'a:b' : '5000';
      const args =
        value === undefined && !name.startsWith('--port') && name !== '--data-dir' ? [name] : [name, argument];
      const attempt = () =>
        parse(
          ...(['--packs', '--user', '--workers'].includes(name) ? [name, name === '--workers' ? '2' : argument] : args),
        );
      assert.doesNotThrow(attempt, name);
    }
    assert.ok(named.length > 10);
  });
});
