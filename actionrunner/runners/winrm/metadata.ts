/** The runner types of Windows hosts. Parameters are StackStorm's. */
import type { ParameterSchemas } from '../../../stores/records.ts';
import type { RunnerMetadata } from '../contract.ts';

const connection = {
  cwd: { description: 'Folder on the host in which it runs.', type: 'string' },
  env: { description: 'Environment variables that it sees, an object of texts.', type: 'object' },
  host: { description: 'Host on which it runs.', required: true, type: 'string' },
  kwarg_op: {
    default: '-',
    description: 'What is put before the names of named arguments: "-" or "/".',
    type: 'string',
  },
  password: { description: 'Password to log in with.', required: true, secret: true, type: 'string' },
  port: {
    default: 5986,
    description: 'WinRM port; 5985 goes with the scheme "http".',
    required: false,
    type: 'integer',
  },
  scheme: { default: 'https', description: '"https" or "http".', required: false, type: 'string' },
  timeout: { default: 60, description: 'Seconds after which it is given up.', type: 'integer' },
  transport: {
    default: 'ntlm',
    description:
      'How to log in; "ntlm", or "basic" (also as "plaintext" and "ssl"). The others need what is not there.',
    required: false,
    type: 'string',
    enum: ['basic', 'certificate', 'credssp', 'kerberos', 'ntlm', 'plaintext', 'ssl'],
  },
  username: { description: 'User to log in as.', required: true, type: 'string' },
  verify_ssl_cert: { default: true, description: 'Check the certificate of the host.', type: 'boolean' },
} as const satisfies ParameterSchemas;

const metadata = (name: string, module: string, description: string, own: ParameterSchemas): RunnerMetadata => ({
  name,
  description,
  enabled: true,
  runner_package: 'winrm_runner',
  runner_module: module,
  runner_parameters: { ...own, ...connection },
});

export const winrmMetadata: readonly RunnerMetadata[] = [
  metadata('winrm-cmd', 'winrm_command_runner', 'Runs a command of the Command Prompt on a Windows host over WinRM.', {
    cmd: { description: 'Command line of the Command Prompt.', type: 'string' },
  }),
  metadata('winrm-ps-cmd', 'winrm_ps_command_runner', 'Runs a PowerShell command on a Windows host over WinRM.', {
    cmd: { description: 'PowerShell command.', type: 'string' },
  }),
  metadata(
    'winrm-ps-script',
    'winrm_ps_script_runner',
    'Runs a PowerShell script of a pack on a Windows host over WinRM.',
    {},
  ),
];
