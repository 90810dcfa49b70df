import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { installRequirements, unbuiltPackages } from '../../../action-service/packs/install-requirements.ts';
import { ValidationError } from '../../../core/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('packages that do not build', () => {
  const outputs: readonly (readonly [string, readonly string[]])[] = [
    [
      'ERROR: Could not build wheels for lxml, http_parser, which is required to install pyproject.toml-based projects',
      ['lxml', 'http-parser'],
    ],
    [
      'error: failed-wheel-build-for-install\n\n× Failed to build installable wheels for some pyproject.toml based projects\n╰─> psycopg2',
      ['psycopg2'],
    ],
    [
      'error: metadata-generation-failed\n\n× Encountered error while generating package metadata.\n╰─> Py.Old from https://x',
      ['py-old'],
    ],
    [
      "ERROR: Failed to build 'git+https://host/x.git' when getting requirements to build wheel",
      ['git+https://host/x.git'],
    ],
    ['ERROR: No matching distribution found for six', []],
  ];
  for (const [output, expected] of outputs) {
    it(`are named by pip: ${expected.join(', ') || 'none'}`, () => assert.deepEqual(unbuiltPackages(output), expected));
  }

  /** Runs against a pip that cannot build `unbuildable`, which `needs` asks for, but in the ways that `ways` allows. */
  async function install(
    requirements: string,
    unbuildable: string,
    needs: RegExp,
    ways: readonly RegExp[],
    leaveOut = false,
    failure = `x.c:1:1: fatal error: x.h: No such file\nFailed building wheel for ${unbuildable}`,
  ) {
    const folder = await temporaryFolder();
    try {
      const file = path.join(folder.path, 'requirements.txt');
      await writeFile(file, requirements);
      const calls: string[] = [];
      const warnings: string[] = [];
      let satisfied = false;
      const run = async (_program: string, args: readonly string[]) => {
        const call = args.slice(args.indexOf('--no-input') + 1).join(' ');
        const asked = args.includes('-r') ? await readFile(args.at(-1) ?? '', 'utf8') : call;
        calls.push(args.includes('-r') ? asked.trim().replaceAll('\n', ' | ') : call);
        if (call.startsWith('--target')) return '';
        const isAllowed = ways.some((way) => way.test(calls.at(-1) ?? ''));
        if (isAllowed) satisfied = true;
        if (satisfied || isAllowed || !needs.test(asked)) return '';
        throw new ValidationError(failure);
      };
      const request = { run, pip: 'pip', python: 'python', requirements: file, tools: path.join(folder.path, 'tools') };
      const done = installRequirements({
        ...request,
        shared: [],
        upgrade: false,
        leaveOut,
        warn: (message) => warnings.push(message),
      });
      const error = await done.then(
        () => undefined,
        (reason: Error) => reason.message,
      );
      assert.deepEqual(await readdir(folder.path), ['requirements.txt'], 'nothing is left behind');
      return { calls, warnings, error };
    } finally {
      await folder.remove();
    }
  }

  it('are built with the tools of their time, if that helps', async () => {
    const { calls, warnings, error } = await install('six\nlxml==4.6.5 # pinned\n', 'lxml', /lxml/, [
      /--no-build-isolation/,
    ]);
    assert.equal(error, undefined);
    assert.deepEqual(warnings, []);
    assert.ok(calls.includes('--no-build-isolation --no-deps lxml==4.6.5'), calls.join('\n'));
  });

  it('give way to a version, or a package, that comes built', async () => {
    const { calls, warnings, error } = await install('psycopg2<=2.8\nsix', 'psycopg2', /psycopg2(?!-binary)/, [
      /--only-binary/,
    ]);
    assert.equal(error, undefined);
    assert.ok(calls.includes('--no-deps --only-binary :all: psycopg2-binary'), calls.join('\n'));
    assert.match(warnings.join(), /"psycopg2<=2\.8" cannot be built .*x\.h: No such file.*; psycopg2-binary was taken/);
    assert.equal(calls.at(-1), 'psycopg2-binary | six');
  });

  it('that only an extra needs cost the extra', async () => {
    const { calls, warnings, error } = await install('pywinrm[kerberos]>=0.2\nsix', 'pykerberos', /kerberos/, []);
    assert.equal(error, undefined);
    assert.equal(calls.at(-1), 'pywinrm>=0.2 | six');
    assert.match(
      warnings.join(),
      /pykerberos cannot be built .*, so the extras of pywinrm\[kerberos\]>=0\.2 were left out/,
    );
  });

  it('stop the installation with a reason, or are left out when the operator insists', async () => {
    const refused = await install('six\nhttp_parser\n', 'http_parser', /http.parser/, []);
    assert.match(refused.error ?? '', /"http-parser" cannot be built for this Python: x\.h: No such file.*"force"/);
    const forced = await install('six\nhttp_parser\n', 'http_parser', /http.parser/, [], true);
    assert.equal(forced.error, undefined);
    assert.equal(forced.calls.at(-1), 'six');
    assert.match(forced.warnings.join(), /http-parser cannot be had .* and was left out/);
  });

  it('for a repository that cannot be fetched, say so, and are left out when the operator insists', async () => {
    const cloned = (name: string) =>
      `      fatal: unable to access 'https://host/x/': Could not resolve host: host\nERROR: Failed to build '${name}' when git clone x`;
    const address = 'git+https://host/x@main';
    const refused = await install(`six\n${address}\n`, address, /host/, [], false, cloned(address));
    assert.match(refused.error ?? '', /^A repository .* cannot be fetched: unable to access .* resolve host.*"force"/);
    assert.equal(refused.calls.length, 1, 'no other way of building is tried');
    const forced = await install(`six\n${address}\n`, address, /host/, [], true, cloned(address));
    assert.equal(forced.error, undefined);
    assert.equal(forced.calls.at(-1), 'six');
    const named = await install(`six\n-e ${address}#egg=My_X\n`, 'My_X', /host/, [], true, cloned('My_X'));
    assert.equal(named.error, undefined);
    assert.match(named.warnings.join(), /my-x cannot be had \(unable to access/);
  });
});
