/** The graph of names that parameters need of each other and of their surroundings. */
import { ParamError } from './errors.ts';

/** A template to be rendered, a value, or both (then the template counts). */
export interface GraphNode {
  template?: unknown;
  value?: unknown;
}

export class DependencyGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly needs = new Map<string, Set<string>>();

  get(name: string): GraphNode | undefined {
    return this.nodes.get(name);
  }

  /** Adds to what is known of a name; a value or template given before is replaced by one of the same kind only. */
  add(name: string, node: GraphNode): void {
    this.nodes.set(name, { ...this.nodes.get(name), ...node });
  }

  /** Records that `name` needs `dependency`. */
  addNeed(name: string, dependency: string): void {
    if (!this.nodes.has(dependency)) this.nodes.set(dependency, {});
    const needs = this.needs.get(name) ?? new Set();
    this.needs.set(name, needs.add(dependency));
  }

  /** All names, each after those that it needs. @throws ParamError for a name without value, and for cycles */
  inOrder(): readonly string[] {
    for (const [name, node] of this.nodes) {
      if (!('value' in node) && !('template' in node)) {
        throw new ParamError(`Dependency unsatisfied in variable "${name}"`, { parameter: name });
      }
    }
    const order: string[] = [];
    const waiting = new Map([...this.nodes.keys()].map((name) => [name, new Set(this.needs.get(name))]));
    while (waiting.size > 0) {
      const ready = [...waiting].filter(([, needs]) => needs.size === 0).map(([name]) => name);
      if (ready.length === 0) throw this.cycle(waiting);
      for (const name of ready) waiting.delete(name);
      for (const needs of waiting.values()) for (const name of ready) needs.delete(name);
      order.push(...ready);
    }
    return order;
  }

  /** Of those that wait, the names on a cycle: they are needed by one that they need themselves. */
  private cycle(waiting: ReadonlyMap<string, ReadonlySet<string>>): ParamError {
    const onCycle = [...waiting.keys()].filter((name) => this.reaches(name, name, waiting));
    const names = onCycle.sort().join(', ');
    return new ParamError(
      `Cyclic dependency found in the following variables: ${names}. Likely the variable is referencing itself`,
      { parameters: onCycle },
    );
  }

  private reaches(from: string, to: string, edges: ReadonlyMap<string, ReadonlySet<string>>): boolean {
    const seen = new Set<string>();
    const queue = [from];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      for (const next of edges.get(name) ?? []) {
        if (next === to) return true;
        if (!seen.has(next)) queue.push(next);
        seen.add(next);
      }
    }
    return false;
  }
}
