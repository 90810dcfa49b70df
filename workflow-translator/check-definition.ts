import { ValidationError } from '../core/errors.ts';
import { type Dict, dictGet, dictHas, isDict } from '../core/python/dict.ts';
import { buildDocument, type DocumentKind, itemsOf } from './build/document.ts';
import { dictAt } from './build/values.ts';
import { checkNames } from './check/expression-names.ts';
import { actionSpots, workflowSpots } from './check/expression-spots.ts';
import { checkSyntax } from './check/expression-syntax.ts';
import { checkGraph } from './check/graph.ts';
import { createReport, type Problem, type Report } from './check/problems.ts';
import { checkStructure } from './check/structure.ts';
import type { DocumentIr } from './ir.ts';
import { parseYaml, type YamlDocument } from './parse/yaml-document.ts';

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
  if (hasErrors(problems) || !isDict(yaml.value)) return { problems: byPlace(problems) };
  const document = buildDocument(yaml.value, kind);
  checkMeaning(yaml, yaml.value, document, report);
  return hasErrors(problems) ? { problems: byPlace(problems) } : { document, problems: byPlace(problems) };
}

/** What can be checked once the form is right: expressions, names and the graph of tasks. */
function checkMeaning(yaml: YamlDocument, value: Dict, document: DocumentIr, report: Report): void {
  for (const spot of actionSpots(value, document.kind)) checkSyntax(spot, yaml, report);
  const section = document.kind === 'workbook' ? dictAt(value, 'workflows') : value;
  const bodies = new Map(itemsOf(section));
  for (const workflow of document.workflows) {
    const short = String(workflow.spec.name);
    const path = document.kind === 'workbook' ? ['workflows', short] : [short];
    const spots = workflowSpots(bodies.get(short) ?? {}, path);
    const all = [...spots.own, ...[...spots.tasks.values()].flat()];
    const isReadable = all.map((spot) => checkSyntax(spot, yaml, report)).every(Boolean);
    if (isReadable) checkNames(workflow, spots, yaml, report);
    checkGraph(workflow, path, report);
  }
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
