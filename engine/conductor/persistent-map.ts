/**
 * An immutable map with text keys: a change makes a new map that shares all but a few nodes with the old one.
 * Contexts of tasks are such maps, so handing one on costs nothing and publishing a variable does not copy the others.
 * (A hash array mapped trie, 32 ways a level; keys whose hashes are equal share a bucket.)
 */

interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
  /** Place in the order of first insertion. */
  readonly order: number;
}

interface Bucket<V> {
  readonly hash: number;
  readonly leaves: readonly Leaf<V>[];
}

interface Branch<V> {
  readonly bitmap: number;
  readonly children: readonly Node<V>[];
}

type Node<V> = Leaf<V> | Bucket<V> | Branch<V>;

export interface PersistentMap<V> {
  readonly root: Node<V> | undefined;
  readonly size: number;
  /** The order number that the next new key gets. */
  readonly next: number;
}

const EMPTY: PersistentMap<never> = { root: undefined, size: 0, next: 0 };
const BITS = 5;
const MASK = 31;

export function emptyMap<V>(): PersistentMap<V> {
  return EMPTY;
}

export function mapGet<V>(map: PersistentMap<V>, key: string): V | undefined {
  return findLeaf(map.root, hashText(key), key)?.value;
}

export function mapHas<V>(map: PersistentMap<V>, key: string): boolean {
  return findLeaf(map.root, hashText(key), key) !== undefined;
}

/** A map with `key` set to `value`; a key that exists keeps its place in the order. */
export function mapSet<V>(map: PersistentMap<V>, key: string, value: V): PersistentMap<V> {
  const hash = hashText(key);
  const old = findLeaf(map.root, hash, key);
  if (old !== undefined && Object.is(old.value, value)) return map;
  const leaf: Leaf<V> = { hash, key, value, order: old?.order ?? map.next };
  const root = map.root === undefined ? leaf : insert(map.root, leaf, 0);
  return old === undefined
    ? { root, size: map.size + 1, next: map.next + 1 }
    : { root, size: map.size, next: map.next };
}

/** Keys and values in the order in which the keys first came. */
export function mapEntries<V>(map: PersistentMap<V>): (readonly [string, V])[] {
  const leaves: Leaf<V>[] = [];
  collect(map.root, leaves);
  return leaves.sort((a, b) => a.order - b.order).map((leaf) => [leaf.key, leaf.value] as const);
}

/** Entries of `right` that `left` does not share with it, in the order of `right`; shared parts cost nothing. */
export function mapDifference<V>(left: PersistentMap<V>, right: PersistentMap<V>): (readonly [string, V])[] {
  const leaves: Leaf<V>[] = [];
  difference(left.root, right.root, leaves);
  return leaves.sort((a, b) => a.order - b.order).map((leaf) => [leaf.key, leaf.value] as const);
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

function isBranch<V>(node: Node<V>): node is Branch<V> {
  return 'children' in node;
}

function isBucket<V>(node: Node<V>): node is Bucket<V> {
  return 'leaves' in node;
}

function positionOf(bitmap: number, bit: number): number {
  let below = bitmap & (bit - 1);
  below -= (below >>> 1) & 0x55555555;
  below = (below & 0x33333333) + ((below >>> 2) & 0x33333333);
  return Math.imul((below + (below >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function findLeaf<V>(root: Node<V> | undefined, hash: number, key: string): Leaf<V> | undefined {
  let node = root;
  let rest = hash;
  while (node !== undefined && isBranch(node)) {
    const bit = 1 << (rest & MASK);
    if ((node.bitmap & bit) === 0) return undefined;
    node = node.children[positionOf(node.bitmap, bit)];
    rest >>>= BITS;
  }
  if (node === undefined || node.hash !== hash) return undefined;
  if (isBucket(node)) return node.leaves.find((leaf) => leaf.key === key);
  return node.key === key ? node : undefined;
}

function insert<V>(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if (!isBranch(node)) return insertBeside(node, leaf, shift);
  const bit = 1 << ((leaf.hash >>> shift) & MASK);
  const position = positionOf(node.bitmap, bit);
  const children = node.children.slice();
  const child = (node.bitmap & bit) === 0 ? undefined : children[position];
  if (child === undefined) {
    children.splice(position, 0, leaf);
    return { bitmap: node.bitmap | bit, children };
  }
  children[position] = insert(child, leaf, shift + BITS);
  return { bitmap: node.bitmap, children };
}

function insertBeside<V>(node: Leaf<V> | Bucket<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if (node.hash === leaf.hash) {
    if (!isBucket(node) && node.key === leaf.key) return leaf;
    const others = isBucket(node) ? node.leaves.filter((other) => other.key !== leaf.key) : [node];
    return { hash: leaf.hash, leaves: [...others, leaf] };
  }
  const bit = 1 << ((node.hash >>> shift) & MASK);
  return insert({ bitmap: bit, children: [node] }, leaf, shift);
}

function collect<V>(node: Node<V> | undefined, into: Leaf<V>[]): void {
  if (node === undefined) return;
  if (isBranch(node)) for (const child of node.children) collect(child, into);
  else if (isBucket(node)) into.push(...node.leaves);
  else into.push(node);
}

function difference<V>(left: Node<V> | undefined, right: Node<V> | undefined, into: Leaf<V>[]): void {
  if (left === right || right === undefined) return;
  if (left === undefined || !isBranch(left) || !isBranch(right)) {
    collect(right, into);
    return;
  }
  let bits = right.bitmap;
  while (bits !== 0) {
    const bit = bits & -bits;
    bits ^= bit;
    const theirs = right.children[positionOf(right.bitmap, bit)];
    difference((left.bitmap & bit) === 0 ? undefined : left.children[positionOf(left.bitmap, bit)], theirs, into);
  }
}
