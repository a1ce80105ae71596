import { describe, expect, test } from '@jest/globals';
import { DomainState, LifecycleEvent, ShutoffReason } from '../constants.ts';
import type { Hypervisor } from '../hypervisor.ts';

/** What the contract is run on: the fake daemon, and a real one. */
export interface ContractSubject {
  hypervisor(): Hypervisor;
  /** A domain of this name and uuid. */
  domainXml(): string;
  name: string;
  uuid: string;
}

/** What every daemon must do, the fake included: a fake that fails it proves nothing. */
export function describeHypervisorContract(subject: ContractSubject): void {
  describe('contract', () => {
    test('a domain that nobody defined is undefined, not an error', async () => {
      expect(await subject.hypervisor().findDomain('nobody_nothing')).toBeUndefined();
    });

    test('define, start, see it run, destroy, undefine; each step tells its event once', async () => {
      const hypervisor = subject.hypervisor();
      const seen: number[] = [];
      let heard = (): void => {};
      await using _subscription = await hypervisor.subscribe('lifecycle', (domain, { event }) => {
        expect(domain.uuid).toBe(subject.uuid);
        seen.push(event);
        heard();
      });
      const until = async (event: number): Promise<void> => {
        while (!seen.includes(event)) await new Promise<void>((resolve) => (heard = resolve));
      };

      const domain = await hypervisor.defineXml(subject.domainXml());
      expect(domain).toMatchObject({ name: subject.name, uuid: subject.uuid });
      expect((await domain.state()).state).toBe(DomainState.shutoff);
      expect(await domain.xml()).toContain(subject.uuid);

      await domain.create();
      await until(LifecycleEvent.started);
      expect((await domain.state()).state).toBe(DomainState.running);
      expect((await hypervisor.listDomains()).map(({ uuid }) => uuid)).toEqual([subject.uuid]);

      await domain.destroy();
      await until(LifecycleEvent.stopped);
      expect(await domain.state()).toEqual({ state: DomainState.shutoff, reason: ShutoffReason.destroyed });
      await domain.undefine();
      await until(LifecycleEvent.undefined);
      expect(await hypervisor.findDomain(subject.name)).toBeUndefined();
      for (const event of [LifecycleEvent.defined, LifecycleEvent.started, LifecycleEvent.stopped]) {
        expect(seen.filter((one) => one === event)).toHaveLength(1);
      }
    }, 60_000);

    test('a definition that is no XML is the daemon’s error, and the connection lives on', async () => {
      await expect(subject.hypervisor().defineXml('<domain')).rejects.toMatchObject({
        name: 'LibvirtError',
        procedure: 'domainDefineXmlFlags',
      });
      expect(await subject.hypervisor().listDomains()).toEqual([]);
    });
  });
}
