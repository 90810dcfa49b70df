/** The command line clients, unmodified, through all that they do every day: a script of commands and of what they print. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ClientDriver, FAILS, runScript, type Step, startClientDriver } from '../support/client-script.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

const ID = '[0-9a-f]{24}';
const as = (name: string) => new RegExp(`(?<${name}>${ID})`);

/** Scripts by what they are about; none depends on another. `{files}` is the folder of {@link FILES}. */
const ST2: Readonly<Record<string, readonly Step[]>> = {
  'who and where': [
    ['st2 whoami', /Currently logged in as "st2admin"/, /authentication token/],
    ['st2 login st2admin --password wrong', FAILS],
    ['st2 auth st2admin -p wrong', FAILS, /Invalid or missing credentials/],
    ['st2 auth st2admin -p {password} --only-token', /^[0-9a-f]{32}$/m],
    ['st2 auth st2admin -p {password} --ttl 60 -j', /"user": "st2admin"/],
    ['st2 --version', /3\.9\.0/],
    ['st2 service-registry group list', { not: /ERROR/ }],
    ['st2 timer list', { not: /ERROR/ }],
    ['st2 role list', /observer/],
    ['st2 role get admin', /admin/],
    ['st2 role-assignment list', { not: /ERROR/ }],
  ],
  actions: [
    ['st2 action list', /core\.local/, /examples\.hello/],
    ['st2 action list --pack core', /core\.echo/, { not: /examples\./ }],
    ['st2 action list -a name', /\| name/, { not: /description/ }],
    ['st2 action list --attr doesntexist', FAILS, /Invalid or unsupported include attribute specified/],
    ['st2 action get core.local', /uid +\| action:core:local/],
    ['st2 action get core.local -j', /"ref": "core\.local"/],
    ['st2 action get core.local -y', /ref: core\.local/],
    ['st2 action get core.nothing', FAILS, /is not found/],
    ['st2 action create {files}/action.json', /script\.made/],
    ['st2 action create {files}/action.json', FAILS, /409|Conflict|duplicate/i],
    ['st2 action disable script.made', /enabled +\| False/],
    ['st2 run script.made', FAILS, /disabled/],
    ['st2 action enable script.made', /enabled +\| True/],
    ['st2 action update script.made {files}/action-changed.json', /changed by the script/],
    ['st2 action clone script.made script copied', /script\.copied/],
    ['st2 action execute script.copied', as('execution')],
    ['st2 action delete script.made', { not: /ERROR/ }],
    ['st2 action delete script.copied', { not: /ERROR/ }],
    ['st2 action get script.made', FAILS],
    ['st2 runner list', /local-shell-cmd/, /mistral-v2/],
    ['st2 runner get python-script', /python/i],
    ['st2 runner disable http-request', /enabled +\| False/],
    ['st2 runner enable http-request', /enabled +\| True/],
  ],
  'running things': [
    ['st2 run core.local cmd=date', /^status: succeeded/m, as('first')],
    ['st2 run core.local -h', /cmd/],
    ['st2 run core.local', FAILS, /cmd/],
    ['st2 run core.local "cmd=exit 3"', FAILS, /^status: failed/m],
    ['st2 run core.echo "message=two words" -j', /"status": "succeeded/],
    ['st2 run core.noop -y', /status: succeeded/],
    ['st2 run examples.add numbers=[1,2]', /total: 3/],
    ['st2 run -a core.local cmd=true', as('background')],
    ['st2 execution get {first}', /^status: succeeded/m, /stdout:/],
    ['st2 execution get {first} -d', /"status": "scheduled"/],
    ['st2 execution get {first} -k return_code', /^0$/m],
    ['st2 execution get {first} -j', /"status": "succeeded/],
    ['st2 execution get {first} --attr status', /succeeded/],
    ['st2 execution get 5f5f5f5f5f5f5f5f5f5f5f5f', FAILS, /not found/],
    ['st2 execution re-run {first} cmd=uptime', /^status: succeeded/m],
    ['st2 execution list', /core\.local/],
    ['st2 execution list -n 1', /Note: Only one action execution is displayed\. Use -n\/--last flag for more results/],
    ['st2 execution list -n 1 -j', { not: /Note:/ }],
    ['st2 execution list --attr id', { not: /status/ }],
    ['st2 execution list --attr doesntexist', FAILS, /Invalid or unsupported include attribute specified/],
    ['st2 execution list --action core.echo --status succeeded', /core\.echo/, { not: /core\.local/ }],
    ['st2 execution list --user nobody', { not: new RegExp(ID) }],
    ['st2 execution list --timestamp-gt 2020-01-01T00:00:00.000000Z', /core\.local/],
    ['st2 execution list --timestamp-lt 2020-01-01T00:00:00.000000Z', { not: new RegExp(ID) }],
    ['st2 execution cancel {first}', /cannot be canceled|already|succeeded/i],
    ['st2 execution pause {first}', FAILS],
    ['st2 execution tail {first}', /has completed/],
    ['st2 run core.echo message=tailed --tail', /tailed/, /has completed/],
    ['st2 run core.local cmd=pwd --trace-tag script-tag', /^status: succeeded/m],
    ['st2 run --inherit-env core.local "cmd=echo $SCRIPT_VARIABLE"', /^status: succeeded/m, /inherited by it/],
    ['st2 run core.local cmd=pwd --user st2admin', /context\.user: st2admin/],
    ['st2 run core.nothing', FAILS, /doesn't exist/],
  ],
  workflows: [
    ['st2 run examples.fork-join', /^status: succeeded/m, as('joined')],
    ['st2 execution get {joined}', /succeeded/],
    ['st2 execution list -a id children --action examples.fork-join', /\+ /],
    ['st2 run examples.subworkflow who=script --tail', /has completed \(status=succeeded\)/],
    ['st2 run -a examples.approval', as('waiting')],
    ['st2 execution cancel {waiting}', /cancel/i],
    ['st2 execution re-run {joined}', /^status: succeeded/m],
    ['st2 execution re-run {joined} --tasks nothing', FAILS, /not in a rerunable state/],
    ['st2 run -a script.failing hold_on_failure=true', as('held')],
  ],
  inquiries: [
    ['st2 run core.ask route=script', as('question'), /pending/],
    ['st2 inquiry list', as('listed')],
    ['st2 inquiry get {question}', /script/],
    ['st2 inquiry respond {question} -r \'{"continue": 1}\'', FAILS, /did not pass schema validation|not of type/i],
    ['st2 inquiry respond {question} -r \'{"continue": true}\'', /Response accepted|successful/i],
    ['st2 execution get {question}', /succeeded/],
  ],
  keys: [
    ['st2 key set greeting hello', /hello/],
    ['st2 key get greeting', /hello/],
    ['st2 key set hidden "a secret" --encrypt', /expire_timestamp/, { not: /a secret/ }],
    ['st2 key get hidden', { not: /a secret/ }],
    ['st2 key get hidden --decrypt', /a secret/],
    ['st2 key set mine 1 --scope user', /st2kv\.user/],
    ['st2 key list', /greeting/],
    ['st2 key list --prefix gre -j', /greeting/],
    ['st2 key list --scope user', /mine/],
    ['st2 key list -n 1 -j', { not: /Note:/ }],
    ['st2 key set short lived --ttl 3600', /expire_timestamp/],
    ['st2 key load {files}/keys.json', /loaded/],
    ['st2 key get loaded -j', /"value": "from a file"/],
    ['st2 key delete_by_prefix --prefix loaded', { not: /ERROR/ }],
    ['st2 key delete greeting', { not: /ERROR/ }],
    ['st2 key get greeting', FAILS, /not found/],
  ],
  'rules and triggers': [
    ['st2 trigger list', /core\.st2\.webhook/],
    ['st2 trigger get core.st2.IntervalTimer', /IntervalTimer/],
    ['st2 rule create {files}/rule.json', /script\.hook/],
    ['st2 rule create {files}/rule.json', FAILS],
    ['st2 rule list', /script\.hook/],
    ['st2 rule list --pack nopack', /No matching items found/],
    ['st2 rule get script.hook', /enabled +\| False/],
    ['st2 rule enable script.hook', /enabled +\| True/],
    ['st2 rule disable script.hook', /enabled +\| False/],
    ['st2 rule update script.hook {files}/rule.json', /script\.hook/],
    ['st2 webhook list', /script-hook/],
    ['st2 rule delete script.hook', { not: /ERROR/ }],
    ['st2 rule-enforcement list', { not: /ERROR/ }],
    ['st2 trigger-instance list', { not: /ERROR/ }],
    ['st2 sensor list', { not: /ERROR/ }],
  ],
  'policies, aliases, API keys': [
    ['st2 policy-type list', /concurrency\.attr/],
    ['st2 policy-type get action.retry', /retry_on/],
    ['st2 policy create {files}/policy.json', /script\.few/],
    ['st2 policy list', /script\.few/],
    ['st2 policy get script.few', /threshold/],
    ['st2 policy delete script.few', { not: /ERROR/ }],
    ['st2 action-alias list', /packs\.pack_get/],
    ['st2 action-alias get packs.pack_get', /pack get/],
    ['st2 action-alias create {files}/alias.json', /script\.say/],
    ['st2 action-alias match "say hi"', /say/],
    ['st2 action-alias test "say hi" -h', /message/],
    ['st2 action-alias execute "say hi"', as('said')],
    ['st2 action-alias delete script.say', { not: /ERROR/ }],
    ['st2 apikey create -m \'{"for": "script"}\'', /\| key/, as('key')],
    ['st2 apikey list', /script/],
    ['st2 apikey get {key}', /\*{8}/],
    ['st2 apikey disable {key}', /disabled|enabled +\| False/i],
    ['st2 apikey enable {key}', /enabled/i],
    ['st2 apikey delete {key}', { not: /ERROR/ }],
  ],
  'packs, traces': [
    ['st2 pack list', /examples/],
    ['st2 pack get examples', /version/],
    ['st2 pack config core', FAILS, /doesn't have a config schema/],
    ['st2 pack register testpack --types action', /actions/],
    ['st2 run core.noop --trace-tag listed-tag', /succeeded/, as('traced')],
    ['st2 trace list --trace-tag listed-tag', as('trace')],
    ['st2 trace get {trace}', /core\.noop/],
    ['st2 trace list -e {traced}', /listed-tag/],
    ['st2 run core.noop --trace-id {trace}', /succeeded/],
    ['st2 trace list -n 1', /Note: Only one trace is displayed/],
    ['st2 trace list -n 1 -j', { not: /Note:/ }],
  ],
};

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const uuidAs = (name: string) => new RegExp(`\\| ID +\\| (?<${name}>${UUID})`);

const MISTRAL: Readonly<Record<string, readonly Step[]>> = {
  workflows: [
    ['mistral workflow-validate {files}/workflow.yaml', /Valid +\| True/],
    ['mistral workflow-validate {files}/broken.yaml', /Valid +\| False/],
    ['mistral workflow-create {files}/workflow.yaml', /script_wf/],
    ['mistral workflow-create {files}/workflow.yaml', FAILS, /Duplicate entry/],
    ['mistral workflow-create {files}/workflow.yaml --namespace apart', /apart/],
    ['mistral workflow-list', /script_wf/],
    ['mistral workflow-list --filter name=script_wf --limit 1', /script_wf/],
    ['mistral workflow-get script_wf', /word/, uuidAs('workflow')],
    ['mistral workflow-get {workflow}', /script_wf/],
    ['mistral workflow-get-definition script_wf', /std\.echo/],
    ['mistral workflow-update {files}/workflow.yaml', /script_wf/],
    ['mistral execution-create script_wf \'{"word": "hi"}\' -d described', /described/, uuidAs('execution')],
    ['mistral execution-get {execution}', /script_wf/],
    ['mistral execution-list --rootsonly', /script_wf/],
    ['mistral execution-get-input {execution}', /"word": "hi"/],
    ['mistral execution-get-output {execution}', { not: /Traceback/ }],
    ['mistral execution-get-sub-executions {execution}', /script_wf/],
    ['mistral execution-get-report {execution}', /script_wf/, /TASKS/i],
    ['mistral execution-update {execution} -d changed', /changed/],
    ['mistral task-list {execution}', new RegExp(`(?<task>${UUID}) \\| say`)],
    ['mistral task-get {task}', /say/],
    ['mistral task-get-result {task}', /hi/],
    ['mistral task-get-published {task}', /said/, /heard/],
    ['mistral execution-get-published {execution}', /heard/, { not: /said/ }],
    ['mistral task-rerun {task}', FAILS, /must be in ERROR/],
    ['mistral action-execution-list {task}', new RegExp(`(?<run>${UUID}) \\| std\\.echo`)],
    ['mistral action-execution-get {run}', /SUCCESS/],
    ['mistral action-execution-get-input {run}', /hi/],
    ['mistral action-execution-get-output {run}', /hi/],
    ['mistral execution-create script_waits', uuidAs('waiting')],
    ['mistral execution-update {waiting} -s PAUSED', /PAUSED/],
    ['mistral execution-update {waiting} -s RUNNING', /RUNNING/],
    ['mistral execution-update {waiting} -s CANCELLED', /CANCELLED/],
    ['mistral execution-delete {execution}', /accepted/],
    ['mistral execution-get {execution}', FAILS, /not found/],
    ['mistral member-list {workflow} workflow', FAILS, /not supported/],
    ['mistral event-trigger-create on_event {workflow} nova notifications made.x \'{"word":"hi"}\'', uuidAs('trigger')],
    [
      'mistral event-trigger-create on_event {workflow} nova notifications made.x \'{"word":"hi"}\'',
      FAILS,
      /Duplicate entry/,
    ],
    [
      'mistral event-trigger-create on_event {workflow} nova notifications made.y \'{"unknown":1}\'',
      FAILS,
      /Invalid input/,
    ],
    ['mistral event-trigger-create on_event nothing nova notifications made.x', FAILS, /not found/],
    ['mistral event-trigger-list', /made\.x/],
    ['mistral event-trigger-get {trigger}', /notifications/],
    ['mistral workflow-delete script_wf', FAILS, /event triggers associated/],
    ['mistral event-trigger-delete {trigger}', /accepted/],
    ['mistral event-trigger-get {trigger}', FAILS, /not found/],
    ['mistral workflow-delete script_wf', /accepted/],
  ],
  'everything else': [
    ['mistral action-list --filter name=in:std.echo,std.noop', /std\.echo/, { not: /std\.http/ }],
    ['mistral action-create {files}/actions.yaml', /script_greet/],
    ['mistral action-get script_greet', /name/],
    ['mistral action-get-definition script_greet', /std\.echo/],
    ['mistral run-action std.echo \'{"output": "said"}\'', /"result": ?"said"/],
    ['mistral run-action script_greet \'{"name": "Ann"}\'', /"result": ?"Hello, Ann"/],
    ['mistral run-action std.nothing', FAILS, /Failed to find action/],
    ['mistral run-action std.noop -s', new RegExp(`(?<kept>${UUID})`)],
    ['mistral action-execution-delete {kept}', /accepted/],
    ['mistral action-update {files}/actions.yaml', /script_greet/],
    ['mistral action-delete script_greet', /accepted/],
    ['mistral workbook-validate {files}/workbook.yaml', /True/],
    ['mistral workbook-create {files}/workbook.yaml', /tagged/],
    ['mistral workbook-get script_wb', /script_wb/],
    ['mistral workbook-get-definition script_wb', /workflows/],
    ['mistral workbook-list', /script_wb/],
    ['mistral workbook-delete script_wb', /accepted/],
    ['mistral workflow-delete script_wb.main', /accepted/],
    ['mistral environment-create {files}/environment.json', /script_env/],
    ['mistral environment-get script_env', /Variables/],
    ['mistral environment-list', /script_env/],
    ['mistral environment-update {files}/environment.json', /script_env/],
    ['mistral environment-delete script_env', /accepted/],
    ['mistral cron-trigger-list', { not: /ERROR/ }],
    ['mistral code-source-list', { not: /ERROR/ }],
    ['mistral dynamic-action-list', { not: /ERROR/ }],
    ['mistral workflow-get nothing', FAILS, /not found/],
    ['mistral environment-get nothing', FAILS, /not found/],
  ],
};

const metadata = { description: 'made by the script', enabled: true };
const action = { name: 'made', pack: 'script', runner_type: 'noop', entry_point: '', parameters: {}, ...metadata };
const FILES: Readonly<Record<string, unknown>> = {
  'action.json': action,
  'action-changed.json': { ...action, description: 'changed by the script' },
  'rule.json': {
    name: 'hook',
    pack: 'script',
    ...metadata,
    enabled: false,
    trigger: { type: 'core.st2.webhook', parameters: { url: 'script-hook' } },
    criteria: {},
    action: { ref: 'core.noop', parameters: {} },
  },
  'policy.json': {
    name: 'few',
    pack: 'script',
    ...metadata,
    resource_ref: 'core.noop',
    policy_type: 'action.concurrency',
    parameters: { threshold: 50 },
  },
  'alias.json': {
    name: 'say',
    pack: 'script',
    ...metadata,
    action_ref: 'core.echo',
    formats: ['say {{ message }}'],
  },
  'keys.json': [{ name: 'loaded', value: 'from a file' }],
  'workflow.yaml': `version: '2.0'
script_wf:
  input: [word]
  tasks:
    say: {action: std.echo output=<% $.word %>, publish: {said: <% task().result %>}, on-success: {publish: {global: {heard: <% task().result %>}}}}
script_waits:
  tasks:
    wait: {action: std.async_noop}
`,
  'broken.yaml': "version: '2.0'\nbroken: {tasks: {a: {action: std.noop, on-success: [nowhere]}}}\n",
  'actions.yaml': `version: '2.0'
script_greet:
  base: std.echo
  base-input: {output: "Hello, <% $.name %>"}
  input: [name]
`,
  'workbook.yaml': `version: '2.0'
name: script_wb
tags: [tagged]
workflows:
  main: {tasks: {a: {action: std.noop}}}
`,
  'environment.json': { name: 'script_env', description: 'd', variables: { a: 1 } },
};

const PACK: Readonly<Record<string, string>> = {
  'pack.yaml': 'ref: script\nname: script\ndescription: d\nversion: 1.0.0\nauthor: a\nemail: a@example.com\n',
  'actions/failing.yaml':
    'name: failing\nrunner_type: mistral-v2\nentry_point: workflows/failing.yaml\nenabled: true\ndescription: d\nparameters: {}\n',
  'actions/workflows/failing.yaml': "version: '2.0'\nscript.failing: {tasks: {a: {action: core.local cmd=false}}}\n",
};

async function writeFiles(folder: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

describe('the clients, command by command', { concurrency: 4 }, () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let variables: Record<string, string>;
  let start: () => ClientDriver;

  before(async () => {
    infrastructure = await provisioned();
    const packs = path.join(infrastructure.folder, 'packs');
    const files = path.join(infrastructure.folder, 'files');
    await writeFiles(path.join(packs, 'script'), PACK);
    await writeFiles(files, FILES);
    services = await startServices(infrastructure, { packFolders: [packs] });
    const clients = await realClients(services, path.join(infrastructure.folder, 'home'));
    const token = await services.token();
    variables = { files, password: services.user.password };
    const env = { ...clients.env, ST2_AUTH_TOKEN: token, SCRIPT_VARIABLE: 'inherited by it' };
    start = () => startClientDriver(clients.python, env);
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  const count = (scripts: Readonly<Record<string, readonly Step[]>>) => Object.values(scripts).flat().length;

  for (const [client, scripts] of Object.entries({ st2: ST2, mistral: MISTRAL })) {
    for (const [about, steps] of Object.entries(scripts)) {
      it(`${client}: ${about}`, async () => {
        const driver = start();
        try {
          await runScript(driver, steps, variables);
        } finally {
          driver.stop();
        }
      });
    }
  }

  it('there are enough of them', () => {
    assert.ok(count(ST2) >= 100, `${count(ST2)} of st2`);
    assert.ok(count(MISTRAL) >= 30, `${count(MISTRAL)} of mistral`);
  });
});
