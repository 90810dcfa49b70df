/** One workflow of the document to its IR. Expects a workflow that passed the checks. */
import { type Dict, dictEntries, dictGet, isDict, setKey } from '../../core/python/dict.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import type { AdHocActionIr, InputIr, WorkflowIr } from '../ir.ts';
import { parseInlineCall } from './inline-call.ts';
import { buildTask, mergeDicts, namesIn } from './task.ts';
import { dictAt, present, textAt, toTemplate, toTemplateMap } from './values.ts';

export interface WorkbookPart {
  readonly name: string;
  readonly actions?: { readonly [name: string]: AdHocActionIr };
}

export function buildWorkflow(name: string, workflow: Dict, workbook?: WorkbookPart): WorkflowIr {
  const type = dictGet(workflow, 'type') === 'reverse' ? 'reverse' : 'direct';
  const defaults = dictAt(workflow, 'task-defaults');
  const tasks = taskEntries(workflow).map(([task, body]) => buildTask(task, body, type, defaults));
  const tags = namesIn(dictGet(workflow, 'tags'));
  return present<WorkflowIr>({
    name: workbook === undefined ? name : `${workbook.name}.${name}`,
    workbook: workbook?.name,
    type,
    description: textAt(workflow, 'description'),
    tags: tags.length > 0 ? tags : undefined,
    input: buildInput(dictGet(workflow, 'input')),
    vars: toTemplateMap(dictGet(workflow, 'vars')),
    output: toTemplateMap(dictGet(workflow, 'output')),
    output_on_error: toTemplateMap(dictGet(workflow, 'output-on-error')),
    tasks,
    actions: workbook?.actions,
    spec: buildWorkflowSpec(name, workflow, tasks),
  });
}

/** The tasks of a workflow in order. `version` is no task: Mistral skips that key. */
export function taskEntries(workflow: Dict): [string, Dict][] {
  const tasks = dictAt(workflow, 'tasks');
  if (tasks === undefined) return [];
  return dictEntries(tasks).flatMap(([name, body]): [string, Dict][] =>
    typeof name === 'string' && name !== 'version' && isDict(body) ? [[name, body]] : [],
  );
}

/** Declared inputs. Of several with the same name the last one counts, at the place of the first. */
export function buildInput(value: unknown): readonly InputIr[] {
  const inputs = new Map<string, InputIr>();
  for (const item of Array.isArray(value) ? value : []) {
    if (typeof item === 'string') inputs.set(item, { name: item });
    else if (isDict(item)) {
      for (const [name, fallback] of dictEntries(item))
        inputs.set(String(name), { name: String(name), default: toTemplate(fallback) });
    }
  }
  return [...inputs.values()];
}

export function buildAdHocAction(name: string, action: Dict): AdHocActionIr {
  const call = parseInlineCall(textAt(action, 'base') ?? '') ?? { name: '', params: new Map<string, unknown>() };
  const params: Record<string, unknown> = {};
  for (const [key, value] of call.params) setKey(params, key, value);
  const base = dictAt(action, 'base-input');
  const merged = mergeDicts(base ?? {}, params);
  const output = dictGet(action, 'output');
  const tags = namesIn(dictGet(action, 'tags'));
  return present<AdHocActionIr>({
    name,
    base: call.name,
    base_input: base === undefined && call.params.size === 0 ? undefined : toTemplate(merged),
    input: buildInput(dictGet(action, 'input')),
    output: output === undefined || output === null ? undefined : toTemplate(output),
    tags: tags.length > 0 ? tags : undefined,
  });
}

/** The workflow as data, as `execution().spec` shows it. */
function buildWorkflowSpec(
  name: string,
  workflow: Dict,
  tasks: WorkflowIr['tasks'],
): Readonly<Record<string, unknown>> {
  const spec = toJsonValue(workflow) as Record<string, unknown>;
  const specs: Record<string, unknown> = {};
  for (const task of tasks) setKey(specs, task.name, task.spec);
  return Object.assign(spec, { tasks: specs, name, version: '2.0' });
}
