import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { apiBaseUrl, loadConfig } from '../../../platform/config/load-config.ts';
import { readTlsFiles } from '../../../platform/config/tls.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'config-files-'));
after(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'secret');
writeFileSync(file, 'mongodb://user:pass@db/st2\n');

it('any setting may come from a file, as secrets of containers do', () => {
  assert.equal(loadConfig({ ST2_DATABASE__URI_FILE: file }).database.uri, 'mongodb://user:pass@db/st2');
});

it('names the variable when both are set, or the file cannot be read', () => {
  const both = { ST2_DATABASE__URI: 'mongodb://x', ST2_DATABASE__URI_FILE: file };
  assert.throws(() => loadConfig(both), /ST2_DATABASE__URI and ST2_DATABASE__URI_FILE are both set/);
  const missing = { TEMPORAL_API_KEY_FILE: path.join(folder, 'none') };
  assert.throws(() => loadConfig(missing), /^Error: TEMPORAL_API_KEY_FILE: .*none cannot be read \(ENOENT\)\.$/);
});

it('certificates come in pairs, and make our listeners https', () => {
  const settings = { tls_ca_file: '', tls_cert_file: file, tls_key_file: '' };
  assert.throws(() => readTlsFiles(settings), /belong together/);
  assert.equal(readTlsFiles({ ...settings, tls_cert_file: '' }), undefined);
  assert.match(apiBaseUrl(loadConfig({ ST2_LISTENERS__TLS_CERT_FILE: file })), /^https:/);
});
