import { DomainState, LifecycleEvent, ShutoffReason } from '../constants.ts';
import type { DomainRef } from '../remote-types.ts';
import { FakeError, FakeLibvirtd } from './fake-libvirtd.ts';

/** A fake daemon that keeps domains: enough of libvirt's semantics for the contract suite. */
export function listenFakeHypervisor(socketPath: string): Promise<FakeLibvirtd> {
  const domains = new Map<string, { ref: DomainRef; xml: string; state: DomainState; reason: number }>();
  const named = (name: string) => {
    const found = domains.get(name);
    if (!found) throw new FakeError(42, `Domain not found: no domain with matching name '${name}'`);
    return found;
  };
  let registered = 0;
  const tell = (ref: DomainRef, event: number, detail = 0): void => {
    if (registered > 0) fake.emit('lifecycle', ref, { event, detail });
  };
  const listening = FakeLibvirtd.listen(socketPath, {
    connectListAllDomains: () => ({ domains: [...domains.values()].map(({ ref }) => ref), count: domains.size }),
    domainLookupByName: ({ name }) => ({ dom: named(name).ref }),
    domainDefineXmlFlags: ({ xml }) => {
      const name = /<name>([^<]+)/.exec(xml)?.[1];
      const uuid = /<uuid>([^<]+)/.exec(xml)?.[1];
      if (!name || !uuid) throw new FakeError(27, 'XML error');
      const ref = { name, uuid, id: -1 };
      domains.set(name, { ref, xml, state: DomainState.shutoff, reason: ShutoffReason.unknown });
      tell(ref, LifecycleEvent.defined);
      return { dom: ref };
    },
    domainGetXmlDesc: ({ dom }) => ({ xml: named(dom.name).xml }),
    domainGetState: ({ dom }) => ({ state: named(dom.name).state, reason: named(dom.name).reason }),
    domainCreateWithFlags: ({ dom }) => {
      Object.assign(named(dom.name), { state: DomainState.running, reason: 1 });
      // As libvirt often does: the event before the reply.
      tell(dom, LifecycleEvent.started);
      return { dom: { ...dom, id: 1 } };
    },
    domainDestroyFlags: ({ dom }) => {
      Object.assign(named(dom.name), { state: DomainState.shutoff, reason: ShutoffReason.destroyed });
      tell(dom, LifecycleEvent.stopped, 1);
      return {};
    },
    domainUndefineFlags: ({ dom }) => {
      domains.delete(named(dom.name).ref.name);
      tell(dom, LifecycleEvent.undefined);
      return {};
    },
    connectDomainEventCallbackRegisterAny: () => {
      if (registered > 0) throw new FakeError(1, 'internal error: domain event callback already tracked');
      registered++;
      return { callbackId: 7 };
    },
    connectDomainEventCallbackDeregisterAny: () => {
      registered--;
      return {};
    },
  });
  let fake: FakeLibvirtd;
  return listening.then((one) => (fake = one));
}
