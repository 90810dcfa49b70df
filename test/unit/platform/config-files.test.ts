import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { apiBaseUrl, assertServicesReach, loadConfig } from '../../../platform/config/load-config.ts';
import { readTlsFiles } from '../../../platform/config/tls.ts';
import { createAuthority } from '../../support/certificates.ts';

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

it('says which file of a certificate is missing, broken or not its own', () => {
  const put = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const authority = createAuthority();
  const [one, other] = [authority.issue(), authority.issue()];
  const cert = put('one.pem', one.cert);
  const read = (tls_cert_file: string, tls_key_file: string, tls_ca_file = '') =>
    readTlsFiles({ tls_ca_file, tls_cert_file, tls_key_file });
  assert.deepEqual(read(cert, put('one.key', one.key)), { cert: Buffer.from(one.cert), key: Buffer.from(one.key) });
  assert.throws(() => read(cert, path.join(folder, 'none')), /The file .*none cannot be read: ENOENT/);
  assert.throws(() => read(cert, file), /The file .*secret holds no private key in PEM form/);
  assert.throws(() => read(file, cert), /The file .*secret holds no certificate in PEM form\./);
  assert.throws(() => read('', '', file), /The file .*secret holds no certificate in PEM form\./);
  const foreign = put('other.key', other.key);
  assert.throws(() => read(cert, foreign), /The key .*other\.key does not belong to the certificate .*one\.pem\./);
});

it('services that would meet a listener that asks for certificates are told of the proxy that they need', () => {
  const listeners = { ST2_LISTENERS__TLS_CA_FILE: file };
  assert.throws(() => assertServicesReach(loadConfig(listeners)), /set ST2_API__URL and ST2_MISTRAL__V2_BASE_URL/);
  const proxied = { ST2_API__URL: 'https://st2/api', ST2_MISTRAL__V2_BASE_URL: 'https://st2/mistral/v2' };
  assertServicesReach(loadConfig({ ...listeners, ...proxied }));
  assertServicesReach(loadConfig({}));
});
