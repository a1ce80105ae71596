import type { VirtualMachineInstance } from '@quickvirt/api';
import { keyOf } from '@quickvirt/kube';
import { encodeExitRecord } from '@quickvirt/launcher-pod';
import { RpcError, type DomainState, type LauncherClient } from '@quickvirt/rpc';
import type { LauncherDialer } from '../../../apps/virt-handler/src/launchers/launcher-dialer.ts';
import type { Process } from '../processes/process.ts';
import type { Owner } from './agenda.ts';
import type { DomainEnd, World } from './world.ts';

/** How a launcher's container ended. */
export interface LauncherExit {
  readonly exitCode: number;
  /** Its termination message; empty when it left none. */
  readonly message: string;
}

/** Ways a guest ends by itself. */
export type GuestEnd = 'poweroff' | 'crash';

const STOPPED_GUEST: DomainState = {
  phase: 'DOMAIN_PHASE_UNSPECIFIED',
  reason: '',
  uuid: '',
  machineType: '',
  guestMemoryBytes: 0,
  error: '',
  domainXml: '',
  guestPciDevices: [],
};
const RUNNING_GUEST: DomainState = {
  ...STOPPED_GUEST,
  phase: 'DOMAIN_PHASE_RUNNING',
  reason: 'booted',
  machineType: 'pc-q35-7.2',
  guestMemoryBytes: 2 ** 27,
};
const ENDED_GUEST: DomainState = { ...STOPPED_GUEST, phase: 'DOMAIN_PHASE_SHUT_OFF' };

/** virt-launcher and its domain, in one pod on one node: what apps/virt-launcher does, without libvirt. */
export class Launcher implements Owner {
  readonly name: string;
  readonly podUid: string;
  readonly podKey: string;
  readonly vmiUid: string;
  /** What the pod's specification gives its containers to end. */
  readonly podGraceSeconds: number;
  /** Its guest does not heed the power button. */
  isStubborn = false;
  readonly #world: World;
  readonly #onExit: () => void;
  #listening = false;
  #stopRequested = false;
  #domain: 'none' | 'running' | 'off' = 'none';
  #exit: LauncherExit | undefined;
  #running = RUNNING_GUEST;
  readonly #changes = new Set<() => void>();

  constructor(
    world: World,
    pod: { uid: string; key: string; vmiUid: string; graceSeconds: number },
    onExit: () => void,
  ) {
    this.#world = world;
    this.name = `launcher of ${pod.key}`;
    this.podUid = pod.uid;
    this.podKey = pod.key;
    this.vmiUid = pod.vmiUid;
    this.podGraceSeconds = pod.graceSeconds;
    this.#onExit = onExit;
    this.#soon('opens its socket', () => {
      this.#listening = true;
      this.#changed();
    });
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  /** Whether QEMU runs a guest. */
  get hasDomain(): boolean {
    return this.#domain === 'running' && this.#exit === undefined;
  }

  get exit(): LauncherExit | undefined {
    return this.#exit;
  }

  get stopRequested(): boolean {
    return this.#stopRequested;
  }

  /** SIGTERM: the guest is asked to power off; one that does not is ended after the grace period. */
  terminate(graceMs: number): void {
    if (this.#stopRequested || this.#exit) return;
    this.#stopRequested = true;
    if (this.#domain === 'none') {
      this.#soon('ends without a guest', () => this.#end({ phase: 'Failed', reason: 'NeverStarted' }));
    } else if (this.#domain === 'running') {
      if (this.isStubborn || this.#world.random.chance(0.15)) {
        this.#world.agenda.after(this, `${this.name} destroys its guest`, graceMs, () =>
          this.#guestOff('GracePeriodOver'),
        );
      } else {
        this.#soon('guest powers off when asked', () => this.#guestOff('ShutDown'));
      }
    }
  }

  /** The guest ends by itself. */
  endGuest(how: GuestEnd): void {
    if (this.#domain === 'running') this.#guestOff(how === 'poweroff' ? 'GuestPoweredOff' : 'GuestPanicked');
  }

  /** SIGKILL, or the power is gone: launcher and guest at once, without a word. */
  kill(): void {
    if (this.#exit) return;
    this.#exit = { exitCode: 137, message: '' };
    this.#world.agenda.forget(this);
    this.#ended();
  }

  /** What virt-handler's process on the node dials. */
  clientFor(handler: Process): LauncherClient {
    const unserved = () => Promise.reject(new RpcError('UNIMPLEMENTED', 'the simulation does not serve this call'));
    const client = {
      watchState: (_request: object, { signal }: { signal?: AbortSignal } = {}) => this.#states(handler, signal),
      destroyDomain: () => this.#destroy(handler),
      syncDomain: (request: { vmiJson?: Uint8Array }) => this.#sync(handler, request),
      close: () => undefined,
    };
    const served: object = new Proxy(client, {
      get: (calls, name) => calls[name as keyof typeof calls] ?? unserved,
    });
    return served as LauncherClient;
  }

  /** Resolves once it listens; rejects when it has ended. */
  listening(signal: AbortSignal): Promise<void> {
    return this.#until(signal, () => this.#listening);
  }

  /** Resolves once its container has ended. */
  ended(signal: AbortSignal): Promise<void> {
    return this.#until(signal, () => this.#exit !== undefined);
  }

  get isListening(): boolean {
    return this.#listening && this.#exit === undefined;
  }

  async *#states(
    handler: Process,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ revision: number; state: DomainState }> {
    let told: DomainState | undefined;
    for (;;) {
      if (told === this.#state()) await this.#until(signal, () => told !== this.#state());
      await new Promise<void>((resolve) => handler.soon('state of a launcher', resolve));
      if (signal?.aborted) return;
      if (this.#exit) throw new RpcError('UNAVAILABLE', 'the launcher has closed its socket');
      told = this.#state();
      yield { revision: 1, state: told };
    }
  }

  #state(): DomainState {
    return { none: STOPPED_GUEST, running: this.#running, off: ENDED_GUEST }[this.#domain];
  }

  #sync(handler: Process, { vmiJson }: { vmiJson?: Uint8Array }): Promise<{ started: boolean }> {
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void) => handler.soon('answer of SyncDomain', settle);
      this.#soon('SyncDomain', () => {
        if (this.#stopRequested) {
          const details = { reason: 'GuestStopping' };
          return answer(() => reject(new RpcError('FAILED_PRECONDITION', 'the pod is to end', { details })));
        }
        const fate = this.#world.syncFate();
        if (fate === 'refused') return answer(() => reject(new RpcError('INTERNAL', 'QEMU did not start (injected)')));
        const started = this.#domain === 'none';
        if (started) this.#start(JSON.parse(Buffer.from(vmiJson ?? []).toString()) as VirtualMachineInstance);
        if (fate === 'unanswered') answer(() => reject(new RpcError('DEADLINE_EXCEEDED', 'no answer (injected)')));
        else answer(() => resolve({ started }));
      });
      this.#onceEnded(() => answer(() => reject(new RpcError('UNAVAILABLE', 'the launcher is gone'))));
    });
  }

  #destroy(handler: Process): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#soon('DestroyDomain', () => {
        this.#guestOff('Destroyed');
        handler.soon('answer of DestroyDomain', () => resolve({}));
      });
      this.#onceEnded(() =>
        handler.soon('no answer of DestroyDomain', () => reject(new RpcError('UNAVAILABLE', 'the launcher is gone'))),
      );
    });
  }

  #start(vmi: VirtualMachineInstance): void {
    this.#domain = 'running';
    const [namespace, name] = keyOf(vmi).split('/');
    this.#running = { ...RUNNING_GUEST, domainXml: `<domain type="qemu"><name>${namespace}_${name}</name></domain>` };
    this.#world.domainStarted(this, vmi);
    this.#changed();
  }

  #guestOff(reason: Exclude<DomainEnd, 'Killed'>): void {
    if (this.#domain !== 'running' || this.#exit) return;
    this.#domain = 'off';
    this.#world.domainEnded(this, reason);
    this.#changed();
    const phase = reason === 'ShutDown' || reason === 'GuestPoweredOff' ? 'Succeeded' : 'Failed';
    this.#soon('exits', () => this.#end({ phase, reason }));
  }

  #end(verdict: { phase: 'Succeeded' | 'Failed'; reason: string }): void {
    if (this.#exit) return;
    const message = encodeExitRecord({ version: 1, ...verdict, message: 'simulated', lastLogLines: [] });
    this.#exit = { exitCode: verdict.phase === 'Succeeded' ? 0 : 3, message };
    this.#ended();
  }

  #ended(): void {
    if (this.#domain === 'running') {
      this.#domain = 'off';
      this.#world.domainEnded(this, 'Killed');
    }
    this.#changed();
    this.#onExit();
  }

  #soon(what: string, run: () => void): void {
    this.#world.agenda.add(this, `${this.name} ${what}`, run);
  }

  #changed(): void {
    for (const listener of this.#changes) listener();
  }

  #onceEnded(run: () => void): void {
    const listener = () => {
      if (!this.#exit) return;
      this.#changes.delete(listener);
      run();
    };
    this.#changes.add(listener);
    listener();
  }

  #until(signal: AbortSignal | undefined, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds() && !this.#exit && !signal?.aborted) return;
        this.#changes.delete(look);
        signal?.removeEventListener('abort', look);
        if (signal?.aborted) reject(signal.reason as Error);
        else if (holds() || this.#exit) resolve();
      };
      this.#changes.add(look);
      signal?.addEventListener('abort', look, { once: true });
      look();
    });
  }
}

/** How virt-handler's process reaches the launchers of its node. */
export function launcherDialer(world: World, nodeName: string, handler: Process): LauncherDialer {
  const lineTo = (launcher: Launcher) => ({
    client: launcher.clientFor(handler),
    [Symbol.asyncDispose]: async () => undefined,
  });
  const dial = async (podUid: string, signal?: AbortSignal) => {
    const launcher = world.node(nodeName).launcherOf(podUid);
    if (!launcher?.isRunning) throw new Error(`no directory of pod ${podUid} on this node`);
    if (signal) await launcher.listening(signal);
    if (!launcher.isListening) throw new Error('the launcher has closed its socket');
    return lineTo(launcher);
  };
  return {
    awaitLauncher: dial,
    redial: (podUid) => dial(podUid),
  };
}
