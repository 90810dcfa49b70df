import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A pack whose action `api_inside.api` asks the API by all ways that StackStorm's actions have. */
export async function writeApiPack(folder: string): Promise<string> {
  const pack = path.join(folder, 'api_inside');
  await mkdir(path.join(pack, 'actions'), { recursive: true });
  const files = {
    'pack.yaml':
      'name: api_inside\ndescription: Asks the API from inside\nversion: 1.0.0\nauthor: test\nemail: test@example.com\n',
    'actions/api.yaml': 'name: api\nrunner_type: python-script\nentry_point: api.py\n',
    'actions/api.py': `from st2client.client import Client
from st2common.runners.base_action import Action

class Api(Action):
    def run(self):
        self.action_service.set_value("tls", "kept", local=False)
        client = Client()
        return {
            "packs": any(pack.name == "api_inside" for pack in client.packs.get_all()),
            "value": self.action_service.get_value("tls", local=False),
            "by_client": client.keys.get_by_name("tls").value,
        }
`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(pack, name), text);
  return folder;
}
