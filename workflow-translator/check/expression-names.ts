/**
 * Names in expressions that nothing defines. Warnings, not errors: Mistral accepts them, a definition may be meant for an
 * engine with further functions, and a sub-workflow may get inputs that it did not declare.
 */
import { HOST_FUNCTIONS } from '../../core/expressions/functions/function-table.ts';
import { mistralFunctions } from '../../core/expressions/functions/index.ts';
import { expressionLanguage } from '../../core/expressions/index.ts';
import { jinjaGlobals } from '../../core/expressions/jinja/index.ts';
import { library } from '../../core/expressions/yaql/library/index.ts';
import type { PublishIr, TaskIr, WorkflowIr } from '../ir.ts';
import type { YamlDocument } from '../parse/yaml-document.ts';
import type { ExpressionSpot, WorkflowSpots } from './expression-spots.ts';
import { namesInJinja } from './jinja-names.ts';
import type { UsedName } from './names.ts';
import type { Report } from './problems.ts';
import { namesInYaql } from './yaql-names.ts';

/** Functions on the state of the execution, which the engine adds. */
const ENGINE_FUNCTIONS: ReadonlySet<string> = new Set([...HOST_FUNCTIONS, 'env', 'uuid', 'yaml', 'json']);
/** Entries that the engine itself puts into the context. */
const ENGINE_VARIABLES = ['__env', '__execution', '__task_execution', '__tasks', 'openstack', 'st2kv', 'st2'];

/** Reports unknown functions and undefined variables of a workflow; expressions that are `unreadable` are left alone. */
export function checkNames(
  workflow: WorkflowIr,
  spots: WorkflowSpots,
  unreadable: ReadonlySet<ExpressionSpot>,
  document: YamlDocument,
  report: Report,
): void {
  const defined = definedVariables(workflow);
  const check = (spot: ExpressionSpot, visible: ReadonlySet<string>): void => {
    if (!unreadable.has(spot)) checkSpot(spot, visible, document, report);
  };
  for (const spot of spots.own) check(spot, defined);
  for (const task of workflow.tasks) {
    const items = task.with_items?.variables.map(({ name }) => name) ?? [];
    const visible = items.length === 0 ? defined : new Set([...defined, ...items]);
    for (const spot of spots.tasks.get(task.name) ?? []) check(spot, visible);
  }
}

function definedVariables(workflow: WorkflowIr): ReadonlySet<string> {
  const names = new Set([...ENGINE_VARIABLES, ...workflow.input.map(({ name }) => name)]);
  for (const name of Object.keys(workflow.vars ?? {})) names.add(name);
  for (const task of workflow.tasks) for (const publish of publishesOf(task)) addPublished(publish, names);
  return names;
}

function publishesOf(task: TaskIr): readonly (PublishIr | undefined)[] {
  const clauses = [task.on_success, task.on_error, task.on_complete, task.on_skip];
  return [task.publish, task.publish_on_error, task.publish_on_skip, ...clauses.map((clause) => clause?.publish)];
}

function addPublished(publish: PublishIr | undefined, names: Set<string>): void {
  for (const scope of [publish?.branch, publish?.global, publish?.atomic])
    for (const name of Object.keys(scope ?? {})) names.add(name);
}

function checkSpot(spot: ExpressionSpot, defined: ReadonlySet<string>, document: YamlDocument, report: Report): void {
  const language = expressionLanguage(spot.text);
  if (language === undefined) return;
  const tell = (used: UsedName, offset: number): void => {
    const message = complaint(used, language, defined);
    if (message === undefined) return;
    const start = document.locateText(spot.path, spot.text);
    const place = start && !spot.text.includes('\n') ? { line: start.line, column: start.column + offset } : {};
    const code = used.kind === 'variable' ? 'UNDEFINED_VARIABLE' : 'UNKNOWN_FUNCTION';
    report(code, message, spot.path, { severity: 'warning', expression: spot.text, language, ...place });
  };
  if (language === 'jinja') for (const used of namesInJinja(spot.text)) tell(used, 0);
  else {
    for (const match of spot.text.matchAll(/<%([^\n]*?)%>/g)) {
      const source = (match[1] ?? '').replace(/^[<%>]+|[<%>]+$/g, '');
      for (const used of namesInYaql(source)) tell(used, match.index + 2 + (used.position ?? 0));
    }
  }
}

function complaint(used: UsedName, language: 'yaql' | 'jinja', defined: ReadonlySet<string>): string | undefined {
  if (used.kind === 'variable') {
    if (defined.has(used.name)) return undefined;
    return `Variable '${used.name}' is not defined: no input, no variable of the workflow and no task publishes it.`;
  }
  if (isKnownFunction(used, language)) return undefined;
  return `Unknown function "${used.name}".`;
}

function isKnownFunction(used: UsedName, language: 'yaql' | 'jinja'): boolean {
  const { name } = used;
  if (ENGINE_FUNCTIONS.has(name) || Object.hasOwn(mistralFunctions, name)) return true;
  if (language === 'jinja') return jinjaGlobals.has(name) || ['loop', 'caller', 'super', 'self', '_'].includes(name);
  return [true, false].some((isMethod) => library(false).levels(name, isMethod) !== undefined);
}
