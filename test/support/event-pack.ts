import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const FILES: Readonly<Record<string, string>> = {
  'pack.yaml':
    'name: looptest\ndescription: Events in and out.\nversion: 1.0.0\nauthor: Tramontane\nemail: t@example.com\n',
  'actions/told.yaml': `name: told
description: A workflow that tells of its end.
runner_type: mistral-v2
enabled: true
entry_point: workflows/told.yaml
parameters:
  word: {type: string, required: true}
notify:
  on-complete:
    message: "said {{ action_parameters.word }}"
    routes: [looptest]
`,
  'actions/workflows/told.yaml': `version: '2.0'
looptest.told:
  type: direct
  input: [word]
  tasks:
    say:
      action: core.local
      input:
        cmd: "echo <% $.word %>"
`,
  'actions/steps.yaml': `name: steps
description: A workflow of several tasks, one of them a workflow.
runner_type: mistral-v2
enabled: true
entry_point: workflows/steps.yaml
parameters: {}
`,
  'actions/workflows/steps.yaml': `version: '2.0'
looptest.steps:
  type: direct
  tasks:
    first: {action: core.noop, on-success: second}
    second: {action: core.noop, on-success: third}
    third: {action: core.noop, on-success: nested}
    nested: {action: looptest.told, input: {word: nested}}
`,
  'actions/chained.yaml': `name: chained
description: A chain of several actions, one of them a workflow.
runner_type: action-chain
enabled: true
entry_point: workflows/chained.yaml
parameters: {}
`,
  'actions/workflows/chained.yaml': `chain:
  - {name: first, ref: core.noop, on-success: second}
  - {name: second, ref: core.noop, on-success: third}
  - {name: third, ref: core.noop, on-success: nested}
  - {name: nested, ref: looptest.told, parameters: {word: nested}}
`,
  'sensors/counter.yaml': `class_name: CounterSensor
entry_point: counter.py
description: Counts.
poll_interval: 1
trigger_types:
  - name: counted
    description: A count was made.
    payload_schema:
      type: object
      properties:
        count: {type: integer, required: true}
        note: {type: string}
        level: {type: string, enum: [low, high]}
`,
  'sensors/counter.py': `from st2reactor.sensor.base import PollingSensor


class CounterSensor(PollingSensor):
    def setup(self):
        self._logger = self.sensor_service.get_logger(__name__)
        self._logger.info("set up with interval %s", self.get_poll_interval())
        self.triggers = []

    def poll(self):
        count = int(self.sensor_service.get_value("count") or 0) + 1
        self.sensor_service.set_value("count", count)
        self.sensor_service.dispatch(trigger="looptest.counted", payload={"count": count, "triggers": self.triggers, "note": None, "level": None})
        self.sensor_service.dispatch(trigger="looptest.counted", payload={"count": "wrong"})

    def cleanup(self):
        self.sensor_service.set_value("cleaned", "yes", local=False)

    def add_trigger(self, trigger):
        self.triggers.append(trigger["ref"])

    def update_trigger(self, trigger):
        pass

    def remove_trigger(self, trigger):
        pass
`,
  'sensors/crasher.yaml': `class_name: CrashingSensor
entry_point: crasher.py
description: Fails at once.
trigger_types: []
`,
  'sensors/crasher.py': `from st2reactor.sensor.base import Sensor


class CrashingSensor(Sensor):
    def setup(self):
        pass

    def run(self):
        raise RuntimeError("on purpose")

    def cleanup(self):
        pass

    def add_trigger(self, trigger):
        pass

    def update_trigger(self, trigger):
        pass

    def remove_trigger(self, trigger):
        pass
`,
  'sensors/ticker.yaml': `class_name: TickerSensor
entry_point: ticker.mjs
description: A sensor in JavaScript.
poll_interval: 1
trigger_types:
  - name: ticked
    description: A tick.
    payload_schema: {type: object}
`,
  'sensors/ticker.mjs': `export class TickerSensor {
  constructor(service) {
    this.service = service;
  }
  async poll() {
    const ticks = Number((await this.service.getValue('ticks')) ?? 0) + 1;
    await this.service.setValue('ticks', String(ticks));
    await this.service.dispatch('looptest.ticked', { ticks });
  }
}
`,
};

/** Writes a pack with sensors and a workflow that notifies. @returns the folder that holds it */
export async function writeEventPack(folder: string): Promise<string> {
  const packs = path.join(folder, 'event-packs');
  for (const [name, content] of Object.entries(FILES)) {
    const file = path.join(packs, 'looptest', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return packs;
}
