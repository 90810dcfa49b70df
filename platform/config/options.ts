/**
 * Every setting of every service, in one table: its environment variable, default, unit and consequence.
 * `ST2_<GROUP>__<OPTION>` is the rule; the few others are names that operators know from elsewhere.
 */

export interface Option<T> {
  readonly env: string;
  readonly default: T;
  readonly parse: (text: string) => T;
  readonly about: string;
}

const text = (env: string, fallback: string, about: string): Option<string> => ({
  env,
  default: fallback,
  parse: (value) => value,
  about,
});

const number = (env: string, fallback: number, about: string): Option<number> => ({
  env,
  default: fallback,
  about,
  parse: (value) => {
    const parsed = Number(value);
    if (value.trim() === '' || !Number.isFinite(parsed)) throw new Error(`${env} must be a number, not "${value}".`);
    return parsed;
  },
});

const flag = (env: string, fallback: boolean, about: string): Option<boolean> => ({
  env,
  default: fallback,
  about,
  parse: (value) => {
    if (/^(1|true|yes|on)$/i.test(value)) return true;
    if (/^(0|false|no|off)$/i.test(value)) return false;
    throw new Error(`${env} must be true or false, not "${value}".`);
  },
});

const list = (env: string, fallback: readonly string[], about: string, separator = ':'): Option<readonly string[]> => ({
  env,
  default: fallback,
  about,
  parse: (value) => value.split(separator).filter((part) => part !== ''),
});

/** Certificates of a link as a client: an authority beside those of the system, and a certificate of our own. */
const clientTls = (prefix: string, link: string) =>
  ({
    tls_ca_file: text(`${prefix}__TLS_CA_FILE`, '', `Authority of ${link} (PEM); empty: those of the system.`),
    tls_cert_file: text(`${prefix}__TLS_CERT_FILE`, '', `Certificate that we show to ${link} (PEM).`),
    tls_key_file: text(`${prefix}__TLS_KEY_FILE`, '', 'Key of that certificate (PEM).'),
  }) as const;

export const OPTIONS = {
  database: {
    uri: text('ST2_DATABASE__URI', 'mongodb://127.0.0.1:27017/st2', 'MongoDB address with the database name.'),
    pool_size: number('ST2_DATABASE__POOL_SIZE', 20, 'Connections of one process.'),
    tls: flag('ST2_DATABASE__TLS', false, 'Speak TLS with MongoDB; mongodb+srv:// and ?tls=true do so anyway.'),
    ...clientTls('ST2_DATABASE', 'MongoDB'),
  },
  messaging: {
    url: text(
      'ST2_MESSAGING__URL',
      'amqp://127.0.0.1:5672',
      'RabbitMQ (amqp://, amqps://) or the built-in broker (local://host:port).',
    ),
    prefix: text(
      'ST2_MESSAGING__PREFIX',
      '',
      'Prefix of exchange and queue names, so that installations can share a broker.',
    ),
    ...clientTls('ST2_MESSAGING', 'RabbitMQ (amqps://)'),
  },
  temporal: {
    address: text('TEMPORAL_ADDRESS', '127.0.0.1:7233', 'Temporal front end, host:port.'),
    namespace: text('TEMPORAL_NAMESPACE', 'default', 'Temporal namespace.'),
    task_queue: text('ST2_TEMPORAL__TASK_QUEUE', 'tramontane', 'Task queue of workflows and st2.action.'),
    ui_url: text('ST2_TEMPORAL__UI_URL', 'http://127.0.0.1:8233', 'Address of the Temporal UI, for links.'),
    tls: flag('TEMPORAL_TLS', false, 'Speak TLS with Temporal.'),
    tls_ca_file: text(
      'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
      '',
      'Authority of Temporal (PEM); empty: those of the system.',
    ),
    tls_cert_file: text('TEMPORAL_TLS_CLIENT_CERT_PATH', '', 'Certificate that we show to Temporal (PEM).'),
    tls_key_file: text('TEMPORAL_TLS_CLIENT_KEY_PATH', '', 'Key of that certificate (PEM).'),
    tls_server_name: text('TEMPORAL_TLS_SERVER_NAME', '', 'Name in the certificate of Temporal, where it is another.'),
    api_key: text('TEMPORAL_API_KEY', '', 'API key for a managed Temporal.'),
    encryption_keys: list(
      'ST2_TEMPORAL__ENCRYPTION_KEYS',
      [],
      'Keys that every payload in Temporal is encrypted with, as <id>=<32 bytes in base64> with ":" between. The first one writes, all read.',
    ),
    codec_origins: list(
      'ST2_TEMPORAL__CODEC_ORIGINS',
      [],
      'Origins of Temporal UIs that may have payloads decoded by mistral-api, "|" between; none: the codec endpoint is off.',
      '|',
    ),
    build_id: text(
      'ST2_TEMPORAL__BUILD_ID',
      '',
      'Version of the workflow interpreter; empty: the fingerprint of its code.',
    ),
    versioning: flag(
      'ST2_TEMPORAL__VERSIONING',
      false,
      'Running workflows finish on the build that began them; needs a worker of the old build until they have.',
    ),
  },
  api: {
    host: text('ST2_API__HOST', '127.0.0.1', 'Address that st2api listens on.'),
    port: number('ST2_API__PORT', 9101, 'Port of st2api.'),
    url: text(
      'ST2_API__URL',
      '',
      'Base address of st2api for other services, without /v1; empty: built from host and port.',
    ),
    mask_secrets: flag('ST2_API__MASK_SECRETS', true, 'Replace secrets in answers by asterisks.'),
    max_page_size: number('ST2_API__MAX_PAGE_SIZE', 100, 'Largest limit a user who is no admin may ask for.'),
    allow_origin: list('ST2_API__ALLOW_ORIGIN', [], 'Origins allowed by CORS besides the web UI on loopback.'),
    body_limit: number('ST2_API__BODY_LIMIT', 20 * 1024 * 1024, 'Largest request body, bytes.'),
  },
  auth: {
    enable: flag('ST2_AUTH__ENABLE', true, 'Ask for tokens. Off is allowed on loopback only.'),
    mode: text(
      'ST2_AUTH__MODE',
      'standalone',
      'Who checks passwords: "standalone", st2auth itself; "proxy", the web server before it (on loopback only).',
    ),
    host: text('ST2_AUTH__HOST', '127.0.0.1', 'Address that st2auth listens on.'),
    port: number('ST2_AUTH__PORT', 9100, 'Port of st2auth.'),
    api_url: text(
      'ST2_AUTH__API_URL',
      '',
      'Public address of the API, sent to clients; empty: built from the API settings.',
    ),
    htpasswd_file: text('ST2_AUTH__HTPASSWD_FILE', '', 'Users file, one "name:bcrypt hash" a line.'),
    token_ttl: number('ST2_AUTH__TOKEN_TTL', 86_400, 'Longest life of a user token, seconds.'),
    service_token_ttl: number('ST2_AUTH__SERVICE_TOKEN_TTL', 86_400, 'Life of a token given to an action, seconds.'),
  },
  rbac: {
    enable: flag('ST2_RBAC__ENABLE', false, 'Ask roles for permissions. Off: every user is an administrator.'),
    permission_isolation: flag(
      'ST2_RBAC__PERMISSION_ISOLATION',
      false,
      'With RBAC: executions and rules are seen and changed by those who made them, and by administrators.',
    ),
    definitions_path: text(
      'ST2_RBAC__DEFINITIONS_PATH',
      '',
      "Folder with StackStorm's roles/*.yaml and assignments/*.yaml, read when st2api starts.",
    ),
  },
  stream: {
    host: text('ST2_STREAM__HOST', '127.0.0.1', 'Address that st2stream listens on.'),
    port: number('ST2_STREAM__PORT', 9102, 'Port of st2stream.'),
    heartbeat: number('ST2_STREAM__HEARTBEAT', 25, 'Seconds between keep-alives.'),
  },
  mistral: {
    host: text('MISTRAL_API__HOST', '127.0.0.1', 'Address that mistral-api listens on.'),
    port: number('MISTRAL_API__PORT', 8989, 'Port of mistral-api.'),
    url: text(
      'ST2_MISTRAL__V2_BASE_URL',
      '',
      'Address of mistral-api with /v2 for other services; empty: built from host and port.',
    ),
    auth_enable: flag(
      'MISTRAL_API__AUTH',
      false,
      'Ask for an st2 token on mistral-api; without it, it listens on loopback only.',
    ),
  },
  packs: {
    base_paths: list('ST2_PACKS_BASE_PATHS', ['packs'], 'Folders with packs, ":" between; a later one wins.'),
    virtualenvs_path: text(
      'ST2_VIRTUALENVS_PATH',
      '',
      'Folder of the per-pack virtualenvs; empty: <data>/virtualenvs.',
    ),
    index_urls: text(
      'ST2_CONTENT__INDEX_URL',
      'https://index.stackstorm.org/v1/index.json',
      'Addresses of pack indexes, "," between; the first that has a pack wins.',
    ),
    configs_path: text('ST2_CONFIGS_PATH', '', 'Folder of pack configs; empty: <data>/configs.'),
  },
  system: {
    data_dir: text('ST2_DATA_DIR', '.tramontane', 'Folder for what services keep on disk.'),
    user: text('ST2_SYSTEM_USER', 'stanley', 'User in whose name things run when nobody is named.'),
    validate_output_schema: flag(
      'ST2_SYSTEM__VALIDATE_OUTPUT_SCHEMA',
      false,
      'Fail an execution whose result does not fit the output schema of its action or runner.',
    ),
    extra_authorities: text(
      'NODE_EXTRA_CA_CERTS',
      '',
      "Authorities (PEM) beside Node's own for requests of our services: to st2api and mistral-api, among others.",
    ),
    log_level: text('ST2_LOG_LEVEL', 'info', 'error, warn, info or debug.'),
    python_binary: text('ST2_PYTHON_BINARY', 'python3', 'Python for packs without a virtualenv.'),
  },
  ssh: {
    key_file: text(
      'ST2_SYSTEM_USER__SSH_KEY_FILE',
      '',
      'Private key for remote actions that give none; empty: stanley_rsa, id_ed25519 or id_rsa of ~/.ssh.',
    ),
    known_hosts: text('ST2_SSH_RUNNER__KNOWN_HOSTS', '', 'Recorded keys of hosts; empty: ~/.ssh/known_hosts.'),
    strict_host_keys: flag(
      'ST2_SSH_RUNNER__STRICT_HOST_KEYS',
      false,
      'Refuse hosts without a recorded key; one with another key than the recorded is refused always.',
    ),
    max_parallel: number('ST2_SSH_RUNNER__MAX_PARALLEL_ACTIONS', 50, 'Hosts of one remote action at once.'),
    allow_partial_failure: flag(
      'ST2_SSH_RUNNER__ALLOW_PARTIAL_FAILURE',
      false,
      'A remote action succeeds when it does on one of its hosts.',
    ),
  },
  scheduler: {
    sweep_interval: number(
      'ST2_SCHEDULER__SWEEP_INTERVAL',
      2,
      'Seconds between looks for executions that are due or were lost on the bus.',
    ),
    lost_after: number(
      'ST2_SCHEDULER__LOST_AFTER',
      5,
      'Seconds after which a message counts as lost and is sent again.',
    ),
    prefetch: number('ST2_SCHEDULER__PREFETCH', 50, 'Requests scheduled at once.'),
  },
  actionrunner: {
    workflows_pool_size: number('ST2_ACTIONRUNNER__WORKFLOWS_POOL_SIZE', 40, 'Workflow runners at once in a process.'),
    actions_pool_size: number('ST2_ACTIONRUNNER__ACTIONS_POOL_SIZE', 60, 'Other actions at once in a process.'),
    lease: number(
      'ST2_ACTIONRUNNER__LEASE',
      10,
      'Seconds without a heartbeat after which a running action counts as abandoned.',
    ),
    max_output: number(
      'ST2_ACTIONRUNNER__MAX_OUTPUT',
      10 * 1024 * 1024,
      'Bytes of stdout or stderr kept; the rest is cut with a note.',
    ),
    stream_output: flag('ST2_ACTIONRUNNER__STREAM_OUTPUT', true, 'Store output lines while an action runs.'),
    python_warm: flag('ST2_ACTIONRUNNER__PYTHON_WARM', true, 'Keep warm Python interpreters.'),
    shutdown_timeout: number(
      'ST2_ACTIONRUNNER__SHUTDOWN_TIMEOUT',
      8,
      'Seconds that running actions get to end at SIGTERM.',
    ),
  },
  resultstracker: {
    query_interval: number('ST2_RESULTSTRACKER__QUERY_INTERVAL', 2, 'Seconds between polls of one workflow.'),
    thread_pool_size: number('ST2_RESULTSTRACKER__THREAD_POOL_SIZE', 10, 'Polls at once.'),
    lease: number('ST2_RESULTSTRACKER__LEASE', 10, 'Seconds after which another tracker takes a workflow over.'),
  },
  rulesengine: {
    prefetch: number('ST2_RULESENGINE__PREFETCH', 50, 'Trigger instances handled at once by a process.'),
    sweep_interval: number(
      'ST2_RULESENGINE__SWEEP_INTERVAL',
      2,
      'Seconds between looks for trigger instances left over.',
    ),
    lost_after: number(
      'ST2_RULESENGINE__LOST_AFTER',
      5,
      'Seconds after which a trigger instance whose message did not come is taken without it.',
    ),
    lease: number('ST2_RULESENGINE__LEASE', 30, 'Seconds after which another engine takes over what one left undone.'),
  },
  timersengine: {
    refresh_interval: number(
      'ST2_TIMERSENGINE__REFRESH_INTERVAL',
      30,
      'Seconds between looks for timers that were made or removed without a message.',
    ),
    misfire_grace: number(
      'ST2_TIMERSENGINE__MISFIRE_GRACE',
      60,
      'Seconds by which a timer may fire late after a stop; an older firing is skipped.',
    ),
    timezone: text('ST2_TIMER__LOCAL_TIMEZONE', 'UTC', 'Time zone of timers that name none.'),
  },
  sensorcontainer: {
    sensor_node_name: text('ST2_SENSORCONTAINER__SENSOR_NODE_NAME', 'sensornode1', 'Name of this container.'),
    partition_provider: text(
      'ST2_SENSORCONTAINER__PARTITION_PROVIDER',
      'name:default',
      'Which sensors run here: name:default (all), name:kvstore, name:file,partition_file:<path>, name:hash,hash_ranges:<ranges>.',
    ),
    sensor_ref: text('ST2_SENSORCONTAINER__SENSOR_REF', '', 'Run this one sensor only.'),
    refresh_interval: number(
      'ST2_SENSORCONTAINER__REFRESH_INTERVAL',
      10,
      'Seconds between looks for sensors that changed without a message.',
    ),
    respawn_delay: number(
      'ST2_SENSORCONTAINER__RESPAWN_DELAY',
      2,
      'Seconds before a sensor that ended is started again.',
    ),
    respawn_delay_max: number(
      'ST2_SENSORCONTAINER__RESPAWN_DELAY_MAX',
      60,
      'Longest pause before a sensor that keeps ending is started again, seconds.',
    ),
  },
  garbagecollector: {
    collection_interval: number('ST2_GARBAGECOLLECTOR__COLLECTION_INTERVAL', 600, 'Seconds between collections.'),
    batch: number('ST2_GARBAGECOLLECTOR__BATCH', 500, 'Records removed at once.'),
    action_executions_ttl: number(
      'ST2_GARBAGECOLLECTOR__ACTION_EXECUTIONS_TTL',
      0,
      'Days that ended executions are kept; 0: for ever, else at least 7.',
    ),
    action_executions_output_ttl: number(
      'ST2_GARBAGECOLLECTOR__ACTION_EXECUTIONS_OUTPUT_TTL',
      7,
      'Days that stored output lines are kept; 0: for ever.',
    ),
    trigger_instances_ttl: number(
      'ST2_GARBAGECOLLECTOR__TRIGGER_INSTANCES_TTL',
      0,
      'Days that trigger instances are kept; 0: for ever, else at least 7.',
    ),
    rule_enforcements_ttl: number(
      'ST2_GARBAGECOLLECTOR__RULE_ENFORCEMENTS_TTL',
      0,
      'Days that rule enforcements are kept; 0: for ever, else at least 7.',
    ),
    traces_ttl: number(
      'ST2_GARBAGECOLLECTOR__TRACES_TTL',
      0,
      'Days that traces are kept; 0: for ever, else at least 7.',
    ),
    workflow_executions_ttl: number(
      'ST2_GARBAGECOLLECTOR__WORKFLOW_EXECUTIONS_TTL',
      0,
      'Days that ended workflow and task records are kept; 0: for ever, else at least 7.',
    ),
    tokens_ttl: number('ST2_GARBAGECOLLECTOR__TOKENS_TTL', 1, 'Days that expired tokens are kept; 0: for ever.'),
    payloads_ttl: number(
      'ST2_GARBAGECOLLECTOR__PAYLOADS_TTL',
      30,
      "Days that large payloads are kept that neither a workflow in progress nor a re-run can need; 0: for ever, else at least 7 and more than Temporal's retention.",
    ),
    purge_inquiries: flag(
      'ST2_GARBAGECOLLECTOR__PURGE_INQUIRIES',
      false,
      'End questions that nobody answered in their time.',
    ),
  },
  chatops: {
    adapter: text('ST2_CHATOPS__ADAPTER', 'none', 'Kind of chat server: none, webhook or slack.'),
    host: text('ST2_CHATOPS__HOST', '127.0.0.1', 'Address that the bridge listens on for messages of the chat server.'),
    port: number('ST2_CHATOPS__PORT', 8081, 'Port of the bridge.'),
    outgoing_url: text('ST2_CHATOPS__OUTGOING_URL', '', 'Address that answers are posted to.'),
    token: text(
      'ST2_CHATOPS__TOKEN',
      '',
      'Token that messages of the chat server must carry; required for an adapter.',
    ),
    bot_name: text('ST2_CHATOPS__BOT_NAME', 'tramontane', 'Name under which the bot speaks.'),
    command_prefix: text('ST2_CHATOPS__COMMAND_PREFIX', '!', 'What a message must start with to be a command.'),
    route: text('ST2_CHATOPS__ROUTE', 'chatops', 'Announcement route whose messages go to the chat.'),
    post_results: flag(
      'ST2_CHATOPS__POST_RESULTS',
      true,
      'Tell the chat of the end of commands; off where a rule of a pack does.',
    ),
  },
  listeners: {
    tls_ca_file: text(
      'ST2_LISTENERS__TLS_CA_FILE',
      '',
      'Authority (PEM) whose certificate clients of our listeners must show; empty: none is asked for.',
    ),
    tls_cert_file: text(
      'ST2_LISTENERS__TLS_CERT_FILE',
      '',
      'Certificate of st2api, st2auth, st2stream and mistral-api (PEM); empty: plain HTTP.',
    ),
    tls_key_file: text('ST2_LISTENERS__TLS_KEY_FILE', '', 'Key of that certificate (PEM).'),
    rate_limit: number(
      'ST2_LISTENERS__RATE_LIMIT',
      0,
      'Requests a minute of one address to one process of st2api, st2stream or mistral-api, beyond which it answers 429; 0: no limit.',
    ),
    auth_rate_limit: number(
      'ST2_LISTENERS__AUTH_RATE_LIMIT',
      300,
      'Requests a minute of one address to one process of st2auth; 0: no limit.',
    ),
    trusted_proxies: list(
      'ST2_LISTENERS__TRUSTED_PROXIES',
      ['127.0.0.1', '::1'],
      'Addresses or networks of proxies whose X-Forwarded-For is believed, "," between.',
      ',',
    ),
  },
  operations: {
    host: text(
      'ST2_OPERATIONS__HOST',
      '127.0.0.1',
      'Address that /healthz, /readyz and /metrics of each process listen on.',
    ),
    port: number(
      'ST2_OPERATIONS__PORT',
      0,
      'Its port; 0: any free one, noted in <data>/operations for Prometheus and st2ctl.',
    ),
  },
  tracing: {
    endpoint: text(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      '',
      'OpenTelemetry collector (OTLP over HTTP, http://host:4318); empty: no traces.',
    ),
  },
  audit: {
    file: text(
      'ST2_AUDIT__FILE',
      '',
      'File that says who did what, a JSON object a line; empty: <data>/audit/<service>.log; "off": none.',
    ),
  },
  keyvalue: {
    encryption_key_path: text('ST2_KEYVALUE__ENCRYPTION_KEY_PATH', '', 'AES key file of the datastore.'),
  },
  webui: {
    base_url: text('ST2_WEBUI__BASE_URL', '', 'Address of the web UI, for web_url.'),
  },
  services: {
    instance: text('ST2_INSTANCE', '', 'Name of this process among its like; empty: host and process id.'),
    workers: number('WORKERS', 0, 'Action runner processes to start; 0: one a core, 2 where unknown.'),
  },
} as const;
