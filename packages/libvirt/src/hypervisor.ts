import { Connection, type ConnectionOptions } from './connection.ts';
import { ErrorCode } from './constants.ts';
import { Domain, type DomainConnections } from './domain.ts';
import { LibvirtError, type LibvirtConnectionError } from './errors.ts';
import type { DomainEventName } from './event-table.ts';
import type { DomainRef } from './remote-types.ts';
import type { EventListener, Subscription } from './subscriptions.ts';

/** Which emulator's domain capabilities are asked for; what is left out is libvirt's default. */
export interface DomainCapabilitiesQuery {
  emulator?: string;
  arch?: string;
  machine?: string;
  virtType?: string;
}

/**
 * A daemon, in node-libvirt's terms, over two connections: the daemon stops reading one that has too many calls under
 * way, so what must get through (destroy, abort, events) does not share one with what may hang (statistics, agent).
 */
export class Hypervisor implements AsyncDisposable {
  /** Settles when either connection is gone. Never rejects. */
  readonly closed: Promise<LibvirtConnectionError>;
  readonly #connections: DomainConnections;

  private constructor(connections: DomainConnections) {
    this.#connections = connections;
    this.closed = Promise.race([connections.control.closed, connections.query.closed]);
  }

  /** @throws as `Connection.open` does. */
  static async open(options: ConnectionOptions): Promise<Hypervisor> {
    const control = await Connection.open(options);
    try {
      return new Hypervisor({ control, query: await Connection.open(options) });
    } catch (error) {
      await control.close();
      throw error;
    }
  }

  /** The driver's version, `major * 1e6 + minor * 1e3 + release` (QEMU's). */
  async version(): Promise<bigint> {
    return (await this.#connections.query.call('connectGetVersion', {})).hypervisorVersion;
  }

  /** libvirt's version, in the same form. */
  async libVersion(): Promise<bigint> {
    return (await this.#connections.query.call('connectGetLibVersion', {})).libVersion;
  }

  /** Capabilities of the host and its emulators, as XML. */
  async capabilities(): Promise<string> {
    return (await this.#connections.query.call('connectGetCapabilities', {})).capabilities;
  }

  /** What domains of one emulator, machine and accelerator can have, as XML. */
  async domainCapabilities(query: DomainCapabilitiesQuery = {}): Promise<string> {
    const { emulator = null, arch = null, machine = null, virtType = null } = query;
    const args = { emulator, arch, machine, virtType, flags: 0 };
    return (await this.#connections.query.call('connectGetDomainCapabilities', args)).capabilities;
  }

  /** Defines a persistent domain, or changes the definition of one. @param flags `virDomainDefineFlags`. */
  async defineXml(xml: string, flags = 0): Promise<Domain> {
    return this.#domain((await this.#connections.control.call('domainDefineXmlFlags', { xml, flags })).dom);
  }

  /** The domain of that name, or undefined. */
  async findDomain(name: string): Promise<Domain | undefined> {
    try {
      return this.#domain((await this.#connections.control.call('domainLookupByName', { name })).dom);
    } catch (error) {
      if (error instanceof LibvirtError && error.code === ErrorCode.noDomain) return undefined;
      throw error;
    }
  }

  /** @param flags `virConnectListAllDomainsFlags`, 0 for all. */
  async listDomains(flags = 0): Promise<Domain[]> {
    const { domains } = await this.#connections.control.call('connectListAllDomains', { needResults: 1, flags });
    return domains.map((ref) => this.#domain(ref));
  }

  /** Hears an event of all domains, until the subscription or the hypervisor is closed. */
  subscribe<K extends DomainEventName>(name: K, listener: EventListener<K>): Promise<Subscription> {
    return this.#connections.control.subscribe(name, listener);
  }

  async close(): Promise<void> {
    await Promise.all([this.#connections.control.close(), this.#connections.query.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #domain(ref: DomainRef): Domain {
    return new Domain(this.#connections, ref);
  }
}
