/**
 * The rules of one trigger, ordered so that a payload meets few of them: a rule that asks for a text at a place
 * (`trigger.body.action` equals `opened`) is found by that text. Its verdict is the same as if it had been judged: what comes
 * before in its criteria cannot fail, so a text that differs can only mean that it does not match.
 */
import { type CompiledCriterion, type CriteriaInput, Subject } from './criteria.ts';
import { type CompiledRule, compileRule, judgeCompiled, type RuleVerdict } from './match-rules.ts';
import { BACKSTOP, type Rule } from './rule.ts';

export interface RuleSet {
  readonly size: number;
  /** The rules that match, and those that could not be decided: backstop rules only where no other one matches. */
  match(input: CriteriaInput): readonly RuleVerdict[];
}

/** Comparisons that decide about any two values. */
const SAFE = new Set(['equals', 'eq', 'nequals', 'neq', 'exists', 'nexists']);
const EQUALITY = new Set(['equals', 'eq']);

interface Placed extends CompiledRule {
  readonly place: number;
}

/** Rules by the text that they want at a key. */
interface Lookup {
  readonly criterion: CompiledCriterion;
  readonly byText: Map<string, Placed[]>;
}

/** The criterion by which a rule can be found. */
function indexable({ criteria }: CompiledRule): CompiledCriterion | undefined {
  for (const criterion of criteria) {
    const type = typeof criterion.type === 'string' ? criterion.type.toLowerCase() : '';
    if (!SAFE.has(type) || criterion.isTemplate || criterion.names === undefined) return undefined;
    if (EQUALITY.has(type) && typeof criterion.pattern === 'string') return criterion;
  }
  return undefined;
}

class Group {
  private readonly others: Placed[] = [];
  private readonly lookups = new Map<string, Lookup>();

  constructor(rules: readonly Rule[]) {
    for (const [place, rule] of rules.entries()) this.add({ ...compileRule(rule), place });
  }

  private add(placed: Placed): void {
    const criterion = indexable(placed);
    if (criterion === undefined) {
      this.others.push(placed);
      return;
    }
    const lookup = this.lookups.get(criterion.key) ?? { criterion, byText: new Map<string, Placed[]>() };
    this.lookups.set(criterion.key, lookup);
    const text = String(criterion.pattern);
    const same = lookup.byText.get(text);
    if (same === undefined) lookup.byText.set(text, [placed]);
    else same.push(placed);
  }

  /** Rules that may match, in the order in which they were given. */
  private candidates(subject: Subject): readonly Placed[] {
    const found: Placed[] = [];
    for (const { criterion, byText } of this.lookups.values()) {
      const value = subject.value(criterion);
      if (typeof value === 'string') found.push(...(byText.get(value) ?? []));
    }
    return found.length === 0 ? this.others : [...this.others, ...found].sort((a, b) => a.place - b.place);
  }

  judge(subject: Subject): readonly RuleVerdict[] {
    const verdicts: RuleVerdict[] = [];
    for (const candidate of this.candidates(subject)) {
      const verdict = judgeCompiled(candidate, subject);
      if (verdict.outcome !== 'unmatched') verdicts.push(verdict);
    }
    return verdicts;
  }
}

export function createRuleSet(rules: readonly Rule[]): RuleSet {
  const isBackstop = (rule: Rule) => rule.type?.ref === BACKSTOP;
  const standard = new Group(rules.filter((rule) => !isBackstop(rule)));
  const backstop = new Group(rules.filter(isBackstop));
  return {
    size: rules.length,
    match(input) {
      const subject = new Subject(input, 'trigger', input.payload);
      const first = standard.judge(subject);
      if (first.some((verdict) => verdict.outcome === 'matched')) return first;
      return [...first, ...backstop.judge(subject)];
    },
  };
}
