import type { Tags } from 'yaml';

const BOOL = 'tag:yaml.org,2002:bool';

/** For `customTags`: the truth values of YAML 1.1 without `y` and `n`, which PyYAML reads as text. Packs have parameters of those names. */
export function pythonBooleans(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag !== 'object' || tag.tag !== BOOL || !('test' in tag) || tag.test === undefined) return tag;
    return { ...tag, test: new RegExp(`^(?=..)${tag.test.source.slice(1)}`) };
  }) as Tags;
}
