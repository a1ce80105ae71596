import { readDomainXml, type DomainDescription } from '@quickvirt/domain-xml';
import type { DomainState } from '@quickvirt/rpc';

const known = new WeakMap<DomainState, DomainDescription | undefined>();

/**
 * The domain that a launcher tells of, read once a state. XML that cannot be read is no domain: it came from a launcher,
 * and only the status depends on it.
 */
export function describedDomain(state: DomainState): DomainDescription | undefined {
  if (known.has(state)) return known.get(state);
  let description: DomainDescription | undefined;
  try {
    description = state.domainXml === '' ? undefined : readDomainXml(state.domainXml);
  } catch {
    description = undefined;
  }
  known.set(state, description);
  return description;
}
