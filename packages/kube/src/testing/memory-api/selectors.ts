import type { KubeObject } from '../../resource-type.ts';

/** Whether a list or watch shows an object. */
export type Selection = (object: KubeObject) => boolean;

/**
 * A selection by namespace, labels (`a=b`, `a!=b`, `a`, `!a`) and fields (`path=value`, `path!=value`), terms joined by
 * commas. A field that is missing equals the empty text, as the API server has it.
 */
export function selection(options: {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}): Selection {
  const { namespace } = options;
  const labelTerms = termsOf(options.labelSelector).map(termOf);
  const fieldTerms = termsOf(options.fieldSelector).map((text) => {
    const term = termOf(text);
    return { ...term, path: term.name.split('.') };
  });
  return (object) => {
    if (namespace && object.metadata.namespace !== namespace) return false;
    const { labels = {} } = object.metadata;
    return (
      labelTerms.every(({ name, value, negated }) =>
        value === undefined ? Object.hasOwn(labels, name) !== negated : (labels[name] === value) !== negated,
      ) && fieldTerms.every(({ path, value, negated }) => (fieldAt(object, path) === value) !== negated)
    );
  };
}

function termsOf(selector: string | undefined): string[] {
  return selector ? selector.split(',') : [];
}

function termOf(term: string): { name: string; value: string | undefined; negated: boolean } {
  const [, bang = '', name = '', operator, value] = /^(!?)([^!=]+)(?:(!=|==?)(.*))?$/.exec(term.trim()) ?? [];
  return {
    name,
    value: operator === undefined ? undefined : (value ?? ''),
    negated: bang === '!' || operator === '!=',
  };
}

function fieldAt(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const field of path) value = (value as Record<string, unknown> | undefined)?.[field];
  return typeof value === 'string' ? value : '';
}
