import assert from 'node:assert/strict';
import { it } from 'node:test';
import { baseEnvironment } from '../../../actionrunner/base-environment.ts';
import { childEnvironment } from '../../../platform/config/child-environment.ts';

it('actions and sensors inherit whom to trust, and none of the addresses of the services', () => {
  const authorities = { NODE_EXTRA_CA_CERTS: '/etc/ca.pem', ST2_CACERT: '/etc/ca.pem', SSL_CERT_FILE: '/etc/all.pem' };
  const settings = { ST2_DATABASE__URI: 'mongodb://u:p@db/st2', NODE_OPTIONS: '--inspect' };
  for (const inherit of [baseEnvironment, childEnvironment]) {
    assert.deepEqual(inherit({ ...authorities, ...settings }), authorities);
  }
});
