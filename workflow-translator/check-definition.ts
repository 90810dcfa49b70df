import { ValidationError } from '../core/errors.ts';
import { type Dict, dictGet, dictHas, isDict } from '../core/python/dict.ts';
import { buildDocument, type DocumentKind, itemsOf } from './build/document.ts';
import { dictAt } from './build/values.ts';
import { checkNames } from './check/expression-names.ts';
import { actionSpots, type ExpressionSpot, type WorkflowSpots, workflowSpots } from './check/expression-spots.ts';
import { checkSyntax } from './check/expression-syntax.ts';
import { checkGraph } from './check/graph.ts';
import { createReport, type Problem, type Report } from './check/problems.ts';
import { checkStructure } from './check/structure.ts';
import type { DocumentIr } from './ir.ts';
import { type Path, parseYaml, type YamlDocument } from './parse/yaml-document.ts';

export interface CheckOptions {
  /** What the text is meant to be; without it the keys of the document tell a workbook from a list of workflows. */
  readonly kind?: DocumentKind;
}

export interface CheckedDefinition {
  /** Present when no problem is an error. */
  readonly document?: DocumentIr;
  /** Errors and warnings, in order of their place. */
  readonly problems: readonly Problem[];
}

/**
 * Checks a definition and makes its IR. Finds all problems at once and never throws, whatever the text.
 * A definition is refused (has errors) exactly when Mistral refuses it.
 */
export function checkDefinition(text: string, options: CheckOptions = {}): CheckedDefinition {
  const yaml = parseYaml(text);
  const { problems, report } = createReport(yaml.locate);
  for (const { message, line, column } of yaml.problems) {
    report('YAML', `Definition could not be parsed: ${message}`, [], { line, column });
  }
  if (yaml.problems.length > 0) return { problems };
  const kind = options.kind ?? kindOf(yaml.value);
  checkStructure(yaml.value, kind, report);
  if (!isDict(yaml.value)) return { problems: byPlace(problems) };
  const isWellFormed = !hasErrors(problems);
  const spots = spotsOf(yaml.value, kind);
  const unreadable = checkExpressions(spots, yaml, report);
  if (!isWellFormed) return { problems: byPlace(problems) };
  const document = buildDocument(yaml.value, kind);
  for (const [index, workflow] of document.workflows.entries()) {
    const found = spots.workflows[index];
    if (found === undefined) continue;
    checkNames(workflow, found.spots, unreadable, yaml, report);
    checkGraph(workflow, found.path, report);
  }
  return hasErrors(problems) ? { problems: byPlace(problems) } : { document, problems: byPlace(problems) };
}

interface DocumentSpots {
  readonly actions: readonly ExpressionSpot[];
  /** In the order of the document, as in its IR. */
  readonly workflows: readonly { readonly path: Path; readonly spots: WorkflowSpots }[];
}

function spotsOf(value: Dict, kind: DocumentKind): DocumentSpots {
  const actions = actionSpots(value, kind);
  if (kind === 'actions') return { actions, workflows: [] };
  const section = kind === 'workbook' ? dictAt(value, 'workflows') : value;
  const workflows = itemsOf(section).map(([name, body]) => {
    const path = kind === 'workbook' ? ['workflows', name] : [name];
    return { path, spots: workflowSpots(body, path) };
  });
  return { actions, workflows };
}

/** Parses every expression, also in a document whose form is wrong. @returns the spots that cannot be parsed */
function checkExpressions(found: DocumentSpots, yaml: YamlDocument, report: Report): ReadonlySet<ExpressionSpot> {
  const ofWorkflows = found.workflows.flatMap(({ spots }) => [...spots.own, ...[...spots.tasks.values()].flat()]);
  const all = [...found.actions, ...ofWorkflows];
  return new Set(all.filter((spot) => !checkSyntax(spot, yaml, report)));
}

/**
 * The IR of a definition.
 * @throws ValidationError with Mistral's sentence for the first error and all problems as `details.problems`
 */
export function parseDefinition(text: string, options: CheckOptions = {}): DocumentIr {
  const { document, problems } = checkDefinition(text, options);
  if (document !== undefined) return document;
  const first = problems.find((problem) => problem.severity === 'error');
  throw new ValidationError(first?.message ?? 'Invalid DSL: the definition is empty.', { problems });
}

/** A workbook has a section of workflows, or its name beside sections that are no workflows. */
export function kindOf(document: unknown): DocumentKind {
  if (!isDict(document)) return 'workflow';
  if (dictHas(document, 'workflows') || hasName(document)) return 'workbook';
  return 'workflow';
}

function hasName(document: Dict): boolean {
  return typeof dictGet(document, 'name') === 'string';
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

function byPlace(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((left, right) => left.line - right.line || left.column - right.column);
}
