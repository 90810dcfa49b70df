/** Walks the tree of an expression. */
import { dictGet, dictHas } from '../../python/dict.ts';
import { pyTruth } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { stringRepr } from '../../python/repr.ts';
import { isDataView } from '../data-view.ts';
import { type ArgumentNode, type CallNode, ConstantNode, type DotNode } from './ast.ts';
import { YaqlError } from './errors.ts';
import type { Evaluation, Machine } from './evaluation.ts';
import { fastOperators } from './fast-operators.ts';
import { hostLevels } from './host-functions.ts';
import { library } from './library/index.ts';
import { callWithValues, describeReceiver, executePlan, type Levels, type Plan, planCall } from './resolve.ts';
import { Scope } from './scope.ts';
import { EvaluatedRule, isIterable, isMapping, type Mapping } from './types.ts';

const SLOW_CALL_STEPS = 5;
const NO_LEVELS: Levels = [];
const NO_NAMED: ReadonlyMap<string, unknown> = new Map();
const EMPTY_SCOPE = new Scope(null);

/** The engine as values and library functions see it. */
export const machine: Machine = {
  evaluate,
  callFunction: (name, args, evaluation) => callByName(name, undefined, false, args, NO_NAMED, EMPTY_SCOPE, evaluation),
  callNamed: (name, receiver, isMethod, args, named, scope, evaluation) =>
    callByName(name, receiver, isMethod, args, named, scope, evaluation),
};

/** The value of an expression in a scope. */
export function evaluate(node: ArgumentNode, scope: Scope, evaluation: Evaluation): unknown {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'variable':
      return scope.get(node.name);
    case 'dot':
      return evaluateDot(node, scope, evaluation);
    case 'call':
      return evaluateCall(node, undefined, false, scope, evaluation);
    case 'logic': {
      const left = evaluate(node.left, scope, evaluation);
      return pyTruth(left) === node.isAnd ? evaluate(node.right, scope, evaluation) : left;
    }
    case 'group':
      return evaluate(node.inner, scope, evaluation);
    case 'rule':
      return new EvaluatedRule(evaluate(node.source, scope, evaluation), evaluate(node.destination, scope, evaluation));
    case 'omitted':
      return null;
  }
}

function evaluateDot(node: DotNode, scope: Scope, evaluation: Evaluation): unknown {
  const { right } = node;
  const isCall = right.kind === 'call' && right.usesReceiver;
  const isWord = right.kind === 'constant' && right.isKeyword;
  if (!isCall && !isWord && !node.nullSafe) throw noDot();
  const receiver = evaluate(node.left, scope, evaluation);
  if (receiver === null && node.nullSafe) return null;
  if (right.kind === 'call' && isCall) return evaluateCall(right, receiver, true, scope, evaluation);
  if (right instanceof ConstantNode && isWord) return property(receiver, right.value as string, evaluation);
  throw noDot();
}

function noDot(): YaqlError {
  return new YaqlError('NoMatchingFunctionException', 'No function "#operator_." matches supplied arguments');
}

/** `receiver.name`: a key of a dict, the same of every item of a collection, or a property of a time. */
function property(receiver: unknown, name: string, evaluation: Evaluation): unknown {
  if (isMapping(receiver)) return itemOf(receiver, name);
  if (isIterable(receiver)) {
    const source = (Array.isArray(receiver) ? receiver : evaluation.limited(receiver as Iterable<unknown>))[
      Symbol.iterator
    ]();
    return evaluation.iterator({
      next: () => {
        const step = source.next();
        return step.done === true ? step : { done: false, value: property(step.value, name, evaluation) };
      },
    });
  }
  return callByName(`#property#${name}`, undefined, false, [receiver], NO_NAMED, EMPTY_SCOPE, evaluation);
}

function itemOf(mapping: Mapping, key: string): unknown {
  if (isDataView(mapping)) {
    if (mapping.has(key)) return mapping.get(key) ?? null;
  } else if (dictHas(mapping, key)) {
    return dictGet(mapping, key) ?? null;
  }
  throw new PythonError('KeyError', stringRepr(key));
}

function evaluateCall(
  node: CallNode,
  receiver: unknown,
  isMethod: boolean,
  scope: Scope,
  evaluation: Evaluation,
): unknown {
  evaluation.enter();
  const levels = findLevels(node.name, isMethod, scope, evaluation);
  if (levels.length === 0) throw unknownName(node.name, isMethod, receiver, evaluation);
  let plan = node.resolution as Plan | undefined;
  if (plan === undefined || plan.levels !== levels || plan.isMethod !== isMethod) {
    plan = planCall(levels, node.name, isMethod, node.args);
    node.resolution = plan;
  }
  const result = executePlan(plan, receiver, scope, evaluation);
  evaluation.leave();
  return result;
}

function callByName(
  name: string,
  receiver: unknown,
  isMethod: boolean,
  args: readonly unknown[],
  named: ReadonlyMap<string, unknown>,
  scope: Scope,
  evaluation: Evaluation,
): unknown {
  const quick = isMethod || args.length !== 2 ? undefined : fastOperators.get(name)?.(args[0], args[1]);
  if (quick !== undefined) return quick;
  const levels = findLevels(name, isMethod, scope, evaluation);
  if (levels.length === 0) throw unknownName(name, isMethod, receiver, evaluation);
  // Without a plan every overload is looked at anew.
  evaluation.spend(SLOW_CALL_STEPS);
  return callWithValues(levels, name, receiver, isMethod, args, named, evaluation, scope);
}

function findLevels(name: string, isMethod: boolean, scope: Scope, evaluation: Evaluation): Levels {
  const standard = library(evaluation.delegates).levels(name, isMethod);
  const levels = isMethod ? standard : hostLevels(name, evaluation.functions, standard);
  if (isMethod || evaluation.definedNames.size === 0 || !evaluation.definedNames.has(name)) return levels ?? NO_LEVELS;
  return [...scope.functions(name), ...(levels ?? NO_LEVELS)];
}

function unknownName(name: string, isMethod: boolean, receiver: unknown, evaluation: Evaluation): YaqlError {
  if (!isMethod) return new YaqlError('NoFunctionRegisteredException', `Unknown function "${name}"`);
  const text = describeReceiver(receiver, evaluation);
  return new YaqlError('NoMethodRegisteredException', `Unknown method "${name}" for receiver ${text}`);
}
