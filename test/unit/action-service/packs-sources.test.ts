import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { mendQuoted } from '../../../action-service/packs/mend-quoted.ts';
import { parsePackSource } from '../../../action-service/packs/pack-source.ts';
import { compareVersions, satisfiesVersion } from '../../../action-service/packs/version-match.ts';

const folder = tmpdir();

describe('source of a pack', () => {
  const cases = [
    ['consul', { kind: 'index', name: 'consul', ref: undefined }],
    ['consul=1.2.3', { kind: 'index', name: 'consul', ref: '1.2.3' }],
    ['our/pack', { kind: 'git', url: 'https://github.com/our/pack', ref: undefined }],
    ['https://example.com/a.git=feature/x', { kind: 'git', url: 'https://example.com/a.git', ref: 'feature/x' }],
    ['git@example.com:a/b.git', { kind: 'git', url: 'git@example.com:a/b.git', ref: undefined }],
    [`file://${folder}`, { kind: 'folder', folder, ref: undefined }],
    [`${folder}=v1.0`, { kind: 'folder', folder, ref: 'v1.0' }],
  ] as const;
  for (const [text, expected] of cases) {
    it(text.replace(folder, 'FOLDER'), () => assert.deepEqual(parsePackSource(text), expected));
  }

  const refused = [
    '',
    '--upload-pack=x',
    '-c',
    'ext::sh -c id',
    '../up',
    'a b',
    'https://example.com/a=--output',
    'https://example.com/a=a..b',
    'file:///no/such/folder',
    'file://elsewhere/share',
    'consul=$(id)',
    'consul;id',
  ];
  for (const text of refused)
    it(`refuses "${text}"`, () => assert.throws(() => parsePackSource(text), { code: 'VALIDATION' }));
});

describe('versions that packs ask for', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['>=2.9.0', true],
    ['>=2.9.0, <4.0.0', true],
    ['>=3.9.0', true],
    ['>3.9.0', false],
    ['<3.9.0', false],
    ['3.9', true],
    ['==3.8.0', false],
    ['!=3.9.0', false],
    ['all', true],
    ['', true],
    ['~3.9.0', false],
  ];
  for (const [wanted, expected] of cases) {
    it(`3.9.0 fits "${wanted}": ${expected}`, () => assert.equal(satisfiesVersion('3.9.0', wanted), expected));
  }

  it('compares numbers, not texts', () => {
    assert.ok(compareVersions('v2.10.0', '2.9.9') > 0);
    assert.equal(compareVersions('2.0', '2.0.0'), 0);
  });
});

describe('quoted text that goes on at the margin', () => {
  it('is read as PyYAML reads it', () => {
    const text = 'a:\n  b: "one\n* two\n\\"three\\""\n  c: \'it\'\'s\nfour\'\n  d: 5\n';
    assert.throws(() => parse(text));
    assert.deepEqual(parse(mendQuoted(text)), { a: { b: 'one * two "three"', c: "it's four", d: 5 } });
  });

  it('leaves block scalars and closed quotes alone', () => {
    const text = 'a: |\n  b: "open\n  c\nd: "x" # it\'s\ne: plain "q\n';
    assert.equal(mendQuoted(text), text);
  });
});
