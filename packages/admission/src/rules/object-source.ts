import type { TypedLocalObjectReference } from '@quickvirt/api';
import { invalid, notFound, oneOf, quoted, required, type Cause } from '../cause.ts';

/** What a reference may name: group by kind. */
export type AllowedKinds = Readonly<Record<string, string>>;

/** A reference to another object: a kind that is served here, in its group, and a name. */
export function referenceRules(
  reference: TypedLocalObjectReference | undefined,
  field: string,
  allowed: AllowedKinds,
  spelling: { kind: string; apiGroup: string; name: string } = { kind: 'kind', apiGroup: 'apiGroup', name: 'name' },
): Cause[] {
  if (!reference) return [required(field, `a reference is needed; kinds: ${Object.keys(allowed).join(', ')}`)];
  const { kind, apiGroup, name } = reference;
  const causes: Cause[] = [];
  if (!name) causes.push(invalid(`${field}.${spelling.name}`, 'a name is needed'));
  const group = Object.hasOwn(allowed, kind) ? allowed[kind] : undefined;
  if (group === undefined) {
    return [...causes, invalid(`${field}.${spelling.kind}`, `kind ${oneOf(kind, Object.keys(allowed))}`)];
  }
  if (group !== '' && !apiGroup)
    causes.push(notFound(`${field}.${spelling.apiGroup}`, `missing apiGroup: set ${group}`));
  else if ((apiGroup ?? '') !== group) {
    const message = `${kind} is in group ${quoted(group)}, not in ${quoted(apiGroup)}`;
    causes.push(invalid(`${field}.${spelling.apiGroup}`, message));
  }
  return causes;
}
