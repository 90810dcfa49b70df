/** Makes hostile inputs of each kind. */
import type { Random } from './random.ts';
import { JINJA_SEEDS, TOKENS, YAML_WORDS, YAQL_SEEDS } from './seeds.ts';

const MAX_LENGTH = 20_000;

export function randomBytes(random: Random): string {
  const bytes = Uint8Array.from({ length: random.int(400) }, () => random.int(256));
  return new TextDecoder('utf-8').decode(bytes);
}

/** A document of words of the language in random places, sometimes with a proper head. */
export function randomYaml(random: Random): string {
  const head = random.int(3) > 0 ? "version: '2.0'\n" : '';
  const body = random.int(2) === 0 ? `${head}wf:\n  tasks:\n` : head;
  return body + Array.from({ length: 1 + random.int(25) }, () => yamlLine(random)).join('');
}

function yamlLine(random: Random): string {
  const indent = '  '.repeat(random.int(6));
  const [key, value] = [random.pick(YAML_WORDS), random.pick(YAML_WORDS)];
  switch (random.int(8)) {
    case 0:
      return `${indent}- ${value}\n`;
    case 1:
      return `${indent}- ${key}: ${value}\n`;
    case 2:
      return `${indent}${key}: [${value}, ${key}, {${value}: ${key}}]\n`;
    case 3:
      return `${indent}${key}: {${value}: ${random.pick(YAML_WORDS)}}\n`;
    case 4:
      return `${indent}${key}: ${random.pick(TOKENS)}${value}\n`;
    case 5:
      return `${indent}${key}:\n`;
    default:
      return `${indent}${key}: ${value}\n`;
  }
}

export function mutatedWorkflow(random: Random, workflows: readonly string[]): string {
  return mutate(random.pick(workflows), workflows, random, YAML_WORDS);
}

export function mutatedYaql(random: Random): string {
  return `<% ${mutate(random.pick(YAQL_SEEDS), YAQL_SEEDS, random, TOKENS)} %>`;
}

export function mutatedJinja(random: Random): string {
  return mutate(random.pick(JINJA_SEEDS), JINJA_SEEDS, random, TOKENS);
}

/** Up to six random changes: characters and words put in, taken out, doubled, exchanged, or a part of another seed. */
function mutate(seed: string, seeds: readonly string[], random: Random, words: readonly string[]): string {
  let text = seed;
  for (let changes = random.int(6); changes >= 0; changes -= 1) text = change(text, seeds, random, words);
  return text.slice(0, MAX_LENGTH);
}

function change(text: string, seeds: readonly string[], random: Random, words: readonly string[]): string {
  const at = random.int(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.int(12));
  const [before, part, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
  switch (random.int(8)) {
    case 0:
      return before + after;
    case 1:
      return before + part + part.repeat(random.int(random.int(40) === 0 ? 300 : 4)) + after;
    case 2:
      return before + random.pick(words) + part + after;
    case 3:
      return before + random.pick(TOKENS) + after;
    case 4:
      return before + String.fromCodePoint(random.int(random.int(4) === 0 ? 0xd7ff : 128)) + after;
    case 5: {
      const other = random.pick(seeds);
      const start = random.int(other.length);
      return before + other.slice(start, start + random.int(60)) + part + after;
    }
    case 6:
      return after + part + before;
    default:
      return before + [...part].reverse().join('') + after;
  }
}
