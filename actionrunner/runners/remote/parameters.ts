import type { ParameterSchemas } from '../../../stores/records.ts';

/** Parameters that the runners of remote commands and scripts have in common. */
export const remoteShellParameters = {
  bastion_host: {
    description: 'Host through which the connections go; it is logged in to in the same way.',
    required: false,
    type: 'string',
  },
  cwd: { default: '/tmp', description: 'Folder on the host in which it runs.', type: 'string' },
  env: { description: 'Environment variables that it sees, an object of texts.', type: 'object' },
  hosts: {
    description: 'Hosts with commas between, each may have a port: "a.example.com,b.example.com:2222".',
    required: true,
    type: 'string',
  },
  kwarg_op: {
    default: '--',
    description: 'What is put before the names of named arguments: "--" or "-".',
    type: 'string',
  },
  parallel: {
    default: false,
    description: 'Kept for old actions: hosts are always asked at once.',
    immutable: true,
    type: 'boolean',
  },
  passphrase: { description: 'Passphrase of the private key.', required: false, secret: true, type: 'string' },
  password: { description: 'Password to log in with.', required: false, secret: true, type: 'string' },
  port: { description: 'SSH port of hosts that name none; 22 when absent.', required: false, type: 'integer' },
  private_key: { description: 'Private key, or the path of its file.', required: false, secret: true, type: 'string' },
  sudo: { default: false, description: 'Run it as root by sudo.', type: 'boolean' },
  sudo_password: {
    default: null,
    description: 'Password for sudo, where sudo asks for one.',
    type: 'string',
    required: false,
    secret: true,
  },
  timeout: { default: 60, description: 'Seconds after which it is given up.', type: 'integer' },
  username: { description: 'User to log in as; the system user when absent.', required: false, type: 'string' },
} as const satisfies ParameterSchemas;
