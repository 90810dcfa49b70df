import type { RunnerMetadata } from '../contract.ts';

const HOSTS = { required: false, type: 'array', items: { type: 'string' } } as const;

export const httpRequestMetadata: RunnerMetadata = {
  name: 'http-request',
  description: 'Makes an HTTP request.',
  enabled: true,
  runner_package: 'http_runner',
  runner_module: 'http_runner',
  output_key: 'body',
  output_schema: {
    type: 'object',
    properties: {
      status_code: { type: 'integer' },
      body: { anyOf: ['object', 'string', 'integer', 'number', 'boolean', 'array', 'null'].map((type) => ({ type })) },
      parsed: { type: 'boolean' },
      headers: { type: 'object' },
    },
    additionalProperties: false,
  },
  runner_parameters: {
    allow_redirects: { default: false, description: 'Follow redirects.', type: 'boolean' },
    cookies: { description: 'Cookies to send.', type: 'object' },
    headers: { description: 'Headers to send.', type: 'object' },
    http_proxy: { description: 'Address of the proxy for http.', type: 'string' },
    https_proxy: { description: 'Address of the proxy for https.', type: 'string' },
    password: { description: 'Password for basic authentication.', type: 'string', secret: true },
    url: { description: 'Address.', required: true, type: 'string' },
    username: { description: 'User for basic authentication.', type: 'string' },
    verify_ssl_cert: { default: true, description: 'Check the certificate of the server.', type: 'boolean' },
    url_hosts_blacklist: { ...HOSTS, description: 'Hosts that must not be asked.' },
    url_hosts_whitelist: { ...HOSTS, description: 'The only hosts that may be asked.' },
  },
};
