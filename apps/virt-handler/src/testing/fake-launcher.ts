import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openBeneath } from '@quickvirt/host';
import {
  serveLauncher,
  type DomainState,
  type Init,
  type LauncherHandlers,
  type RpcServer,
  type SyncDomainRequest,
} from '@quickvirt/rpc';

/** A launcher over a real socket whose state the test sets; its console echoes. */
export class FakeLauncher {
  /** What the launcher says that it can do. */
  features: string[] = ['hotplug-host-device'];
  /** What SyncDomain was asked for. */
  readonly syncs: SyncDomainRequest[] = [];
  /** How often the guest was ended at once. */
  destroyed = 0;
  /** What SyncDomain does; starts the domain when left alone. */
  onSync: (request: SyncDomainRequest) => Promise<void> = async () => {
    this.state = {
      phase: 'DOMAIN_PHASE_RUNNING',
      reason: 'booted',
      machineType: 'pc-q35-7.2',
      guestMemoryBytes: 2 ** 27,
    };
  };
  #state: Init<DomainState> = {};
  #revision = 1;
  #changed = Promise.withResolvers<void>();
  #server: RpcServer | undefined;
  readonly #serve: typeof serveLauncher;

  /** @param serve speaks the launcher's contract; another one than today's for a launcher of another release */
  constructor(serve: typeof serveLauncher = serveLauncher) {
    this.#serve = serve;
  }

  /** Opens the socket in a directory, through a descriptor: the kubelet's paths are longer than sockaddr_un. */
  async listen(directory: string): Promise<void> {
    await using held = await openBeneath(directory, []);
    this.#server = await this.#serve(join(held.path, 'launcher.sock'), this.#handlers());
  }

  /** Opens the socket where the kubelet has it for that pod. */
  async listenInPod(kubeletDirectory: string, podUid: string): Promise<void> {
    const sockets = join(kubeletDirectory, 'pods', podUid, 'volumes/kubernetes.io~empty-dir/sockets');
    await mkdir(sockets, { recursive: true });
    await this.listen(sockets);
  }

  set state(state: Init<DomainState>) {
    this.#state = state;
    this.#revision++;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async close(): Promise<void> {
    await this.#server?.close(0);
    this.#server = undefined;
  }

  #handlers(): LauncherHandlers {
    return {
      info: async () => ({ version: 'fake', features: this.features }),
      syncDomain: async (request) => {
        this.syncs.push(request);
        await this.onSync(request);
        return { started: true };
      },
      shutdownDomain: async () => ({}),
      destroyDomain: async () => {
        this.destroyed++;
        this.state = { ...this.#state, phase: 'DOMAIN_PHASE_SHUT_OFF', reason: 'destroyed' };
        return {};
      },
      pauseDomain: async () => {
        this.state = { ...this.#state, phase: 'DOMAIN_PHASE_PAUSED', reason: 'user' };
        return {};
      },
      unpauseDomain: async () => {
        this.state = { ...this.#state, phase: 'DOMAIN_PHASE_RUNNING', reason: 'unpaused' };
        return {};
      },
      watchState: (_request, { signal }) => this.#states(signal),
      console: (stream) => pipeline(stream as Duplex, stream as Duplex) as Promise<void>,
    };
  }

  async *#states(signal: AbortSignal) {
    while (!signal.aborted) {
      const changed = this.#changed.promise;
      yield { revision: this.#revision, state: this.#state };
      await Promise.race([changed, once(signal, 'abort')]);
    }
  }
}
