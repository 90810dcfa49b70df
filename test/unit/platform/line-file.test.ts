import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openLineFile } from '../../../platform/logging/line-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('file of lines', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  let failures: unknown[];
  const open = () => openLineFile({ file, onFailure: (error) => failures.push(error) });
  const fillDisk = () => {
    file = path.join(folder.path, 'link');
    symlinkSync('/dev/full', file);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    file = path.join(folder.path, 'audit', 'api.log');
    failures = [];
  });
  afterEach(() => folder.remove());

  it('a line is in the file when the call returns, which only its owner may read', () => {
    const lines = open();
    lines.append('one');
    lines.append('two');
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    lines.close();
    const again = open();
    again.append('three');
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\n');
    again.close();
  });

  it('goes on in a new file after the old one was moved', () => {
    const lines = open();
    lines.append('one');
    renameSync(file, `${file}.1`);
    lines.append('two');
    lines.reopen();
    lines.append('three');
    lines.close();
    assert.equal(readFileSync(`${file}.1`, 'utf8'), 'one\ntwo\n');
    assert.equal(readFileSync(file, 'utf8'), 'three\n');
  });

  it('tells once that it cannot write, and writes what it has kept when it can', () => {
    fillDisk();
    const lines = open();
    lines.append('one');
    lines.append('two');
    assert.equal(failures.length, 1);
    rmSync(file);
    lines.reopen();
    lines.append('three');
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\n');
    lines.close();
  });

  it('keeps no more than a megabyte, and whole lines', () => {
    fillDisk();
    const lines = open();
    const long = 'x'.repeat(300_000);
    for (let count = 0; count < 4; count += 1) lines.append(long);
    rmSync(file);
    lines.reopen();
    lines.append('after');
    assert.equal(readFileSync(file, 'utf8'), '\nafter\n');
    lines.close();
  });

  it('does not wait for a reader of a pipe', () => {
    file = path.join(folder.path, 'pipe');
    execFileSync('mkfifo', [file]);
    const lines = open();
    lines.append('one');
    assert.equal(failures.length, 1);
    lines.close();
  });
});
