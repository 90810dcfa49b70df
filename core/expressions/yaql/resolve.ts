/**
 * Chooses the overload of a call, in YAQL's two rounds:
 *
 * 1. Before anything is evaluated, an overload stays in when the arguments fit by number and name, and the constants
 *    (and the receiver) by type. All that stay must agree on which arguments are lazy.
 * 2. Arguments that are not lazy are evaluated once. Of the overloads that accept the values, the one with narrower
 *    types wins; when neither of two is narrower the call is ambiguous. A nearer level goes before a farther one.
 *
 * The part of the first round that depends on the text alone is done once a call site and kept as a {@link Plan}.
 */
import type { ArgumentNode } from './ast.ts';
import { YaqlError } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import { type FastOperator, fastOperators } from './fast-operators.ts';
import { Lambda, LazyRule } from './lambda.ts';
import type { AnyOverload, Param } from './overload.ts';
import { Scope } from './scope.ts';
import { isNarrower, type ParamType } from './types.ts';

/** Overloads by level, nearest first. */
export type Levels = readonly (readonly AnyOverload[])[];

/** An overload that fits a call by shape. */
interface Candidate {
  readonly overload: AnyOverload;
  readonly level: number;
  /** The parameter that takes each input. */
  readonly targets: readonly Param[];
  /** For each parameter the input that it takes, or -1 for its default. */
  readonly sources: readonly number[];
  /** Inputs beyond the parameters. */
  readonly rest: readonly number[];
  readonly named: readonly (readonly [string, number])[];
  /** Positions of the lazy inputs, as text to compare. */
  readonly lazyKey: string;
}

/** How the arguments of one call site map to overloads. */
export interface Plan {
  readonly levels: Levels;
  readonly name: string;
  readonly isMethod: boolean;
  /** Arguments in order, without names; those of a method begin with the receiver (`null`). */
  readonly inputs: readonly (ArgumentNode | null)[];
  readonly candidates: readonly Candidate[];
  /** A short way for the commonest operands of an operator. */
  readonly fast: FastOperator | undefined;
}

const NO_NAMED: ReadonlyMap<string, unknown> = new Map();
const NO_REST: readonly unknown[] = [];

/** Marks an input that was left out (`f(a, , b)`). */
export const OMITTED: unique symbol = Symbol('omitted');

interface Shape {
  /** Per positional input: true when it was left out. */
  readonly omitted: readonly boolean[];
  /** Names of the named inputs, which follow the positional ones. */
  readonly names: readonly string[];
}

/** First round for the arguments of a call site. @throws YaqlError for named arguments that cannot be */
export function planCall(levels: Levels, name: string, isMethod: boolean, args: readonly ArgumentNode[]): Plan {
  const noKwargs = levels[0]?.[0]?.noKwargs === true;
  const positional: (ArgumentNode | null)[] = isMethod ? [null] : [];
  const named: ArgumentNode[] = [];
  const names: string[] = [];
  for (const arg of args) {
    if (noKwargs || arg.kind !== 'rule') {
      positional.push(arg);
      continue;
    }
    if (arg.source.kind !== 'constant' || !arg.source.isKeyword) throw mappingError();
    const key = String(arg.source.value);
    if (names.includes(key)) names.splice(names.indexOf(key), 1);
    names.push(key);
    named.push(arg.destination);
  }
  const inputs = [...positional, ...named];
  const shape: Shape = { omitted: positional.map((arg) => arg?.kind === 'omitted'), names };
  const fits = (param: Param, input: number) => fitsNode(param.type, inputs[input] ?? null);
  const candidates = findCandidates(levels, name, isMethod, shape, fits);
  return { levels, name, isMethod, inputs, candidates, fast: fastOperators.get(name) };
}

function mappingError(): YaqlError {
  return new YaqlError('MappingTranslationException', 'Cannot convert mapping to keyword argument');
}

function findCandidates(
  levels: Levels,
  name: string,
  isMethod: boolean,
  shape: Shape,
  fits: (param: Param, input: number) => boolean,
): Candidate[] {
  const noKwargs = levels[0]?.[0]?.noKwargs === true;
  const candidates: Candidate[] = [];
  for (const [level, overloads] of levels.entries()) {
    for (const overload of overloads) {
      if ((overload.noKwargs === true) !== noKwargs) throw ambiguous(name, isMethod);
      const candidate = mapArguments(overload, level, shape);
      if (candidate?.targets.every((param, input) => shape.omitted[input] === true || fits(param, input))) {
        candidates.push(candidate);
      }
    }
  }
  return candidates;
}

/** Maps inputs to the parameters of one overload; `undefined` when their number or names do not fit. */
function mapArguments(overload: AnyOverload, level: number, shape: Shape): Candidate | undefined {
  const { params, rest: restParam } = overload;
  const count = shape.omitted.length;
  if (count > params.length && restParam === undefined) return undefined;
  const targets: Param[] = [];
  const sources: number[] = [];
  const usedNames = new Set<string>();
  for (const [index, param] of params.entries()) {
    const nameIndex = shape.names.indexOf(param.name);
    if (index < count) targets.push(param);
    if (index < count && shape.omitted[index] !== true) {
      if (nameIndex >= 0) return undefined;
      sources.push(index);
    } else if (nameIndex >= 0) {
      usedNames.add(param.name);
      sources.push(count + nameIndex);
    } else if (param.optional) {
      sources.push(-1);
    } else {
      return undefined;
    }
  }
  const rest: number[] = [];
  for (let index = params.length; index < count; index += 1) {
    if (restParam === undefined) return undefined;
    targets.push(restParam);
    // One left out among those that any number may come of is null.
    rest.push(shape.omitted[index] === true ? -1 : index);
  }
  const named: (readonly [string, number])[] = [];
  for (const [index, key] of shape.names.entries()) {
    const param = params.find((other) => other.name === key);
    if (param !== undefined && usedNames.has(key)) {
      targets.push(param);
      continue;
    }
    if (overload.takesNamed !== true) return undefined;
    targets.push(ANY_NAMED);
    named.push([key, count + index]);
  }
  return { overload, level, targets, sources, rest, named, lazyKey: lazyKeyOf(targets) };
}

const ANY_NAMED: Param = {
  name: '**',
  type: { kind: 'value', nullable: true, pyClass: 'object', accepts: () => true },
  optional: true,
  fallback: null,
};

function lazyKeyOf(targets: readonly Param[]): string {
  let key = '';
  for (const [index, param] of targets.entries()) if (param.type.kind !== 'value') key += `${index},`;
  return key;
}

/** Whether an argument may fit by its form; only constants have a type before they are evaluated. */
function fitsNode(type: ParamType, node: ArgumentNode | null): boolean {
  if (node === null || type.kind === 'lambda') return true;
  if (type.kind === 'rule') return node.kind === 'rule';
  if (node.kind !== 'constant') return true;
  if (node.value === null) return type.nullable;
  // Types of constants never depend on the options of an evaluation: there are no literal dicts or iterators.
  return type.accepts(node.value, CONSTANT_CONTEXT);
}

const CONSTANT_CONTEXT = { iterableDicts: false } as Evaluation;

function accepts(type: ParamType, value: unknown, evaluation: Evaluation): boolean {
  if (value === null || value === undefined) return type.nullable;
  return type.accepts(value, evaluation);
}

/** Second round: evaluates the arguments of a call site and calls the overload that wins. */
export function executePlan(plan: Plan, receiver: unknown, scope: Scope, evaluation: Evaluation): unknown {
  const viable = plan.isMethod
    ? plan.candidates.filter(
        ({ targets }) => targets[0] !== undefined && accepts(targets[0].type, receiver, evaluation),
      )
    : plan.candidates;
  const first = viable[0];
  if (first === undefined) throw noMatch(plan.name, plan.isMethod, receiver, evaluation);
  checkLaziness(viable, plan.name, plan.isMethod);
  const values: unknown[] = new Array(plan.inputs.length);
  for (const [index, node] of plan.inputs.entries()) {
    if (node === null) values[index] = receiver;
    else if (node.kind === 'omitted') values[index] = OMITTED;
    else if (first.targets[index]?.type.kind === 'value') values[index] = evaluation.evaluate(node as never, scope);
  }
  const quick = plan.fast?.(values[0], values[1]);
  if (quick !== undefined) return quick;
  const winner = chooseCandidate(viable, values, plan.name, plan.isMethod, receiver, evaluation);
  return invoke(winner, values, plan.inputs, scope, evaluation);
}

/** Calls by name with values in place of expressions, as functions of the library do among each other. */
export function callWithValues(
  levels: Levels,
  name: string,
  receiver: unknown,
  isMethod: boolean,
  args: readonly unknown[],
  named: ReadonlyMap<string, unknown>,
  evaluation: Evaluation,
  scope: Scope,
): unknown {
  const values = [...(isMethod ? [receiver] : []), ...args, ...named.values()];
  const positional = values.length - named.size;
  const shape: Shape = { omitted: new Array<boolean>(positional).fill(false), names: [...named.keys()] };
  const fits = (param: Param, input: number) =>
    param.type.kind === 'lambda' || (param.type.kind === 'value' && accepts(param.type, values[input], evaluation));
  const candidates = findCandidates(levels, name, isMethod, shape, fits);
  if (candidates.length === 0) throw noMatch(name, isMethod, receiver, evaluation);
  checkLaziness(candidates, name, isMethod);
  const winner = chooseCandidate(candidates, values, name, isMethod, receiver, evaluation);
  return invoke(winner, values, [], scope, evaluation);
}

function checkLaziness(candidates: readonly Candidate[], name: string, isMethod: boolean): void {
  const key = candidates[0]?.lazyKey;
  for (const candidate of candidates) if (candidate.lazyKey !== key) throw ambiguous(name, isMethod);
}

function chooseCandidate(
  candidates: readonly Candidate[],
  values: readonly unknown[],
  name: string,
  isMethod: boolean,
  receiver: unknown,
  evaluation: Evaluation,
): Candidate {
  let winner: Candidate | undefined;
  for (const candidate of candidates) {
    if (winner !== undefined && candidate.level !== winner.level) break;
    if (!acceptsAll(candidate, values, evaluation)) continue;
    if (winner === undefined) {
      winner = candidate;
      continue;
    }
    if (isSpecialization(winner, candidate)) continue;
    if (!isSpecialization(candidate, winner)) throw ambiguous(name, isMethod);
    winner = candidate;
  }
  if (winner === undefined) throw noMatch(name, isMethod, receiver, evaluation);
  return winner;
}

function acceptsAll(candidate: Candidate, values: readonly unknown[], evaluation: Evaluation): boolean {
  const { targets } = candidate;
  for (let index = 0; index < targets.length; index += 1) {
    const type = targets[index]?.type;
    if (type === undefined || type.kind !== 'value' || values[index] === OMITTED) continue;
    if (!accepts(type, values[index], evaluation)) return false;
  }
  return true;
}

function isSpecialization(candidate: Candidate, other: Candidate): boolean {
  let narrower = false;
  for (const [index, target] of candidate.targets.entries()) {
    const otherTarget = other.targets[index];
    if (otherTarget === undefined) continue;
    if (isNarrower(otherTarget.type, target.type)) return false;
    if (isNarrower(target.type, otherTarget.type)) narrower = true;
  }
  return narrower;
}

function invoke(
  { overload, sources, rest, named }: Candidate,
  values: readonly unknown[],
  nodes: readonly (ArgumentNode | null)[],
  parent: Scope,
  evaluation: Evaluation,
): unknown {
  evaluation.step();
  const scope = new Scope(parent);
  const convert = (param: Param, input: number): unknown => {
    if (input < 0) return param.fallback;
    const { type } = param;
    if (type.kind === 'value') return convertValue(type, values[input] as unknown, evaluation);
    const node = nodes[input] ?? null;
    if (type.kind === 'rule') return new LazyRule(node as never, scope, evaluation);
    if (node === null && values[input] === null) return null;
    return toLambda(node, values[input], scope, evaluation);
  };
  const args: unknown[] = new Array(sources.length);
  for (let index = 0; index < sources.length; index += 1) {
    args[index] = convert(overload.params[index] as Param, sources[index] ?? -1);
  }
  const restParam = overload.rest;
  return overload.call(args, {
    evaluation,
    scope,
    rest:
      restParam === undefined || rest.length === 0
        ? NO_REST
        : rest.map((input) => (input < 0 ? null : convert(restParam, input))),
    named: named.length === 0 ? NO_NAMED : new Map(named.map(([key, input]) => [key, values[input]])),
  });
}

function convertValue(type: ParamType, value: unknown, evaluation: Evaluation): unknown {
  if (value === null || value === undefined) return null;
  return type.convert === undefined ? value : type.convert(value, evaluation);
}

function toLambda(node: ArgumentNode | null, value: unknown, scope: Scope, evaluation: Evaluation): Lambda | null {
  if (node === null && value instanceof Lambda) return value;
  if (node?.kind === 'constant' && node.value === null) return new Lambda(null, null, scope, evaluation);
  return new Lambda(node, value, scope, evaluation);
}

function ambiguous(name: string, isMethod: boolean): YaqlError {
  return isMethod
    ? new YaqlError('AmbiguousMethodException', `Ambiguous method "${name}"`)
    : new YaqlError('AmbiguousFunctionException', `Ambiguous function "${name}"`);
}

const MAX_RECEIVER_TEXT = 200;

/** A receiver as it appears in a message: short. */
export function describeReceiver(receiver: unknown, evaluation: Evaluation): string {
  if (Array.isArray(receiver) && receiver.length > MAX_RECEIVER_TEXT) return 'a long list';
  const text = receiver === null ? 'None' : evaluation.str(receiver);
  return text.length > MAX_RECEIVER_TEXT ? `${text.slice(0, MAX_RECEIVER_TEXT)}…` : text;
}

function noMatch(name: string, isMethod: boolean, receiver: unknown, evaluation: Evaluation): YaqlError {
  if (!isMethod) {
    return new YaqlError('NoMatchingFunctionException', `No function "${name}" matches supplied arguments`);
  }
  const text = describeReceiver(receiver, evaluation);
  return new YaqlError(
    'NoMatchingMethodException',
    `No method "${name}" for receiver ${text} matches supplied arguments`,
  );
}
