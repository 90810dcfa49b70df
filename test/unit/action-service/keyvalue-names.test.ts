import assert from 'node:assert/strict';
import test from 'node:test';
import {
  SYSTEM_SCOPE,
  splitStoredName,
  storedName,
  USER_SCOPE,
} from '../../../action-service/keyvalue/keyvalue-service.ts';

const USERS = [
  'ada',
  'ada:',
  'ada:b',
  'ldap:ada',
  ':',
  '%',
  '%3A',
  '%25',
  'a%3Ab',
  'a%253A',
  '%3a',
  'ada%',
  '%:3A',
  '',
];
const NAMES = ['b', ':b', 'b:c', '3A:b', '%3A', 'a.b'];

test('names of user values are each one of one user, and read back as they were given', () => {
  const stored = new Set<string>();
  for (const user of USERS) {
    for (const name of NAMES) {
      const full = storedName('user', name, user);
      stored.add(full);
      assert.deepEqual(splitStoredName(USER_SCOPE, full), { user, name }, full);
    }
  }
  assert.equal(stored.size, USERS.length * NAMES.length);
});

test('names of users without a colon are stored as they are, and values of the system too', () => {
  assert.equal(storedName('user', 'a:b', '100% ada'), '100% ada:a:b');
  assert.equal(storedName('system', 'a:b', 'ldap:ada'), 'a:b');
  assert.deepEqual(splitStoredName(SYSTEM_SCOPE, 'a:b'), { name: 'a:b' });
});
