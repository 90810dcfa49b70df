import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../cli/project-paths.ts';

/** A container as docker-compose.yml describes it, anchors and merges resolved. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart?: string;
}

/** The compose file. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** The text of docker-compose.yml, as it is. */
export function readComposeText(): string {
  return readFileSync(path.join(projectRoot, 'docker-compose.yml'), 'utf8');
}

/**
 * Reads docker-compose.yml as `docker compose config` does: merges resolved, variables put in.
 *
 * @param variables what .env would hold
 * @throws Error for a variable that is required (`${NAME:?…}`) and not given
 */
export function readComposeFile(variables: Readonly<Record<string, string>>): ComposeFile {
  const text = readComposeText().replace(
    /\$\$|\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}/g,
    (match, name: string | undefined, kind: string | undefined, word: string | undefined) => {
      if (match === '$$' || name === undefined) return '$';
      const value = variables[name];
      if (value) return value;
      if (kind === '?') throw new Error(`${name}: ${word}`);
      return word ?? '';
    },
  );
  return parse(text, { merge: true }) as ComposeFile;
}
